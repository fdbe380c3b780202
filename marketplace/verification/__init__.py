"""Which companies and firms are verified, by whom and by what; and disputes about who may sign for them."""
