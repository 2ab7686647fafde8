-- For wrk: another number in every request, with the simulator's credentials.
local next_number = 46700000000

request = function()
  next_number = next_number + 1
  local headers = { ["Authorization"] = "Basic dXNlcjpwYXNzd29yZA==" }
  return wrk.format("GET", "/lookup?msisdn=" .. next_number, headers)
end
