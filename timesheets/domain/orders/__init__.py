"""Service orders: planned at the office, worked on site, checked, and then invoiced."""
