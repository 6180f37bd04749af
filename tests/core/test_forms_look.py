"""Django's own form rendering, through our templates."""

from django import forms

from core.forms import DateInput


class Sample(forms.Form):
    name = forms.CharField(help_text="As printed", widget=forms.TextInput({"class": "wide"}))
    day = forms.DateField(required=False, widget=DateInput())
    kind = forms.ChoiceField(choices=[("a", "A")])
    way = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect)
    agreed = forms.BooleanField()
    secret = forms.CharField(widget=forms.HiddenInput, initial="x")


def test_fields_have_labels_help_and_classes() -> None:
    html = Sample().render()
    assert '<label class="form-label required" for="id_name">' in html
    assert 'class="form-control wide"' in html
    assert 'aria-describedby="id_name_helptext"' in html
    assert '<div class="form-hint" id="id_name_helptext">As printed</div>' in html
    assert 'type="date"' in html
    assert 'class="form-select"' in html
    assert html.count('class="form-check-input"') == 2
    assert '<legend class="form-label required">Way</legend>' in html
    assert '<input type="hidden" name="secret" value="x" id="id_secret">' in html
    assert "style=" not in html


def test_an_error_stands_by_its_field_and_is_announced() -> None:
    html = Sample({"name": "", "kind": "b"})["name"].as_field_group()
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert '<ul class="errorlist" id="id_name_error">' in html


def test_a_date_is_printed_as_the_browser_wants_it() -> None:
    from datetime import date

    html = str(Sample(initial={"day": date(2026, 3, 1)})["day"])
    assert 'value="2026-03-01"' in html
