"""The simulated WeChat Pay: both API generations, cashier, contracts, deductions, notices and bills."""
