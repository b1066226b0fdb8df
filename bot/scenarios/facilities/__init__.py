"""The ward's facilities: open-data tables as typed values, and what residents call them."""
