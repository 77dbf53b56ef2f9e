"""Words for people: what a case, an alert or a day comes to, as text. Facts come in as plain values; nothing is looked up here."""
