// An address that names a field (#id_phone) leads into it, also where it is folded away.

const lead = () => {
  const named = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (!named || !named.matches("input, select, textarea")) return;
  for (let box = named.closest("details"); box; box = box.parentElement.closest("details")) {
    box.open = true;
  }
  named.scrollIntoView({ block: "center" });
  named.focus({ preventScroll: true });
};

lead();
addEventListener("hashchange", lead);
