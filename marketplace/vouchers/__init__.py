"""Applications, their eligibility, allocation, vouchers and the waitlist."""
