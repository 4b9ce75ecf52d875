"""Files and signals: pictures, masks, sound, MIDI, video; read within limits, written with recipes, drawn for the page."""
