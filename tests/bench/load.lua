-- What wrk asks for: wrk -s load.lua URL -- KIND TODAY DOCTORS SEED [TOKENS]
-- TODAY in days since 1970-01-01. TOKENS is a file with a patient's token a line, for those kinds
-- that need one. The same seed asks the same questions.

local api = "/api/v1/patient"
local treatments = 10 -- as in data.sql
local first_treatment = 1 -- 30 minutes

local today, doctors, tokens

local function date(days_ahead)
  return os.date("!%Y-%m-%d", (today + days_ahead) * 86400)
end

local function get(format, ...)
  return wrk.format("GET", api .. string.format(format, ...))
end

local random = math.random

-- A kind's function makes one request. They are made beforehand, so that wrk spends its time asking.
local kinds = {
  doctor = function()
    return get("/doctors/%d", random(doctors))
  end,
  doctors = function()
    return get("/doctors?page_size=50")
  end,
  day = function()
    return get("/availability/%d/availability?date=%s&treatment_id=%d", random(doctors),
               date(random(364)), random(treatments))
  end,
  month = function()
    local from = random(334)
    return get("/availability?treatment_id=%d&doctor_id=%d&from=%s&to=%s", random(treatments),
               random(doctors), date(from), date(from + 30))
  end,
  earliest = function()
    return get("/availability?treatment_id=%d&from=%s&to=%s&limit=10", first_treatment, date(0),
               date(30))
  end,
  own = function()
    return wrk.format("GET", api .. "/appointments",
                      {Authorization = "Bearer " .. tokens[random(#tokens)]})
  end,
}

local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(arguments)
  today = tonumber(arguments[2])
  doctors = tonumber(arguments[3])
  math.randomseed(arguments[4] * 100 + number)
  if arguments[5] then
    tokens = {}
    for token in io.lines(arguments[5]) do
      tokens[#tokens + 1] = token
    end
  end
  local make = assert(kinds[arguments[1]], "no such kind")
  local made, next = {}, 0
  for i = 1, 2000 do
    made[i] = make()
  end
  request = function()
    next = next % #made + 1
    return made[next]
  end
end

-- How often each latency was measured, and the latencies, shortest first. wrk 4.1 adds the answers
-- that it would have got, had it asked on in the meantime while one was late: for every answer that
-- took more than twice the average, some that took one average less each. A wait of a second would
-- count for hundreds. Here those are taken away again, beginning with the longest.
local function measured(latency, average)
  local counts, values = {}, {}
  for i = 1, #latency do
    values[i], counts[latency(i)] = latency(i)
  end
  for i = #values, 1, -1 do
    local value = values[i]
    if value >= 2 * average then
      for added = value - average, average + 1, -average do
        counts[added] = counts[added] - counts[value]
      end
    end
  end
  return counts, values
end

local function percentile(counts, values, total, percent)
  local seen = 0
  for _, value in ipairs(values) do
    seen = seen + counts[value]
    if seen >= total * percent / 100 then
      return value / 1e3
    end
  end
  return 0
end

-- requests, seconds, p50, p99 and the longest in milliseconds, errors, and what they were.
function done(summary, latency)
  local connections = tonumber(os.getenv("CONNECTIONS"))
  local rounds = math.max(1, math.floor(summary.requests / connections))
  local counts, values = measured(latency, math.floor(summary.duration / rounds))
  local total = 0
  for _, value in ipairs(values) do
    total = total + counts[value]
  end
  -- An answer after the time-out has no latency.
  assert(total + summary.errors.timeout == summary.requests, "this wrk counts in another way")
  local errors = summary.errors
  local count = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  print(string.format("figures %d %.6f %.3f %.3f %.3f %d connect=%d,read=%d,write=%d,timeout=%d,status=%d",
                      summary.requests, summary.duration / 1e6, percentile(counts, values, total, 50),
                      percentile(counts, values, total, 99), latency.max / 1e3, count,
                      errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
