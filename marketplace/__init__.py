"""The consulting voucher marketplace: one folder an area, importing in one direction."""
