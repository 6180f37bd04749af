"""Files for DATEV: what is booked, how it is written, and that it goes once."""
