// Everything every page has. A page's own behaviour is a module of its own, in its scripts block.
import "./theme.js";
import "./toasts.js";
import "./confirm.js";
import "./unsaved.js";
import "./dialogs.js";
import "./shortcuts.js";
import "./rows.js";
import "./filters.js";
import "./panels.js";
import "./combobox.js";
import "./tags.js";
import "./products.js";
import "./rates.js";
import "./sortables.js";
import "./named-field.js";
import "./shows.js";
import "./small.js";
