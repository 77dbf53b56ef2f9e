"""How people are reached: a file of lines, apprise targets, letters by SMTP. `router` picks the carrier."""
