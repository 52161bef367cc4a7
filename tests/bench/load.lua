-- What wrk asks for: wrk -s load.lua URL -- KIND SEED. The same seed asks the same questions.
-- The environment says what there is: TODAY, in days since 2000-01-01, DOCTORS, REGULARS (the last
-- patient who has appointments to come) and PATIENTS (the last of all), WEEKS of free places from
-- FIRST_DAY, a Sunday, on, RUSH_DAY with no appointments yet, TOKENS, a directory with files of
-- tokens, one a line, and CONNECTIONS, how many wrk has.

local api = "/api/v1/patient"
local treatments = 10 -- as in data.sql
local first_treatment = 1 -- 30 minutes
local to_unix = 10957 -- days from 1970 to 2000

local function given(name)
  return assert(tonumber(os.getenv(name)), name .. " is missing")
end

local today, doctors = given("TODAY"), given("DOCTORS")
local regulars, patients = given("REGULARS"), given("PATIENTS")
local first_day, weeks, rush_day = given("FIRST_DAY"), given("WEEKS"), given("RUSH_DAY")

local random = math.random

local function date(day)
  return os.date("!%Y-%m-%d", (to_unix + day) * 86400)
end

local function get(format, ...)
  return wrk.format("GET", api .. string.format(format, ...))
end

local function post(path, body, token)
  return wrk.format("POST", api .. path,
                    {["Content-Type"] = "application/json",
                     ["Authorization"] = token and "Bearer " .. token}, body)
end

local read = {}
local function tokens(name)
  if not read[name] then
    read[name] = {}
    for token in io.lines(os.getenv("TOKENS") .. "/" .. name) do
      table.insert(read[name], token)
    end
  end
  return read[name]
end

local function book(doctor, day, minute, newcomer)
  local start = string.format("%sT%02d:%02d", date(day), math.floor(minute / 60), minute % 60)
  local body = string.format('{"doctor_id":%d,"treatment_id":%d,"start_time":"%s"}', doctor,
                             first_treatment, start)
  return post("/appointments", body, tokens("newcomers")[newcomer])
end

-- Free places, no two of which overlap, as in place.pgbench; neighbours are far apart in time.
-- wrk begins with the first of them.
local booked, threads_in_all = 0, 2
local function next_place()
  local groups = doctors / 5
  local places = groups * 28 * 6 * weeks
  local place = 7919 * (threads_in_all * booked + number) % places
  booked = booked + 1
  local half_hour = math.floor(place / groups) % 28
  local nth_day = math.floor(place / groups / 28)
  local day = first_day + 7 * math.floor(nth_day / 6) + nth_day % 6
  local doctor = 1 + 5 * (place % groups) + (day + 2 * math.floor(half_hour / 2) + 4) % 5
  local minute = 480 + 30 * (half_hour + (half_hour >= 8 and 1 or 0))
  return doctor, day, minute, 1 + place % (patients - regulars)
end

-- Who is refused comes again after a second, as the answer says.
local refused = 0
local function pause()
  if refused == 0 then
    return 0
  end
  refused = refused - 1
  return 1000
end

-- A kind makes one request. Most are made beforehand, so that wrk spends its time asking; where
-- each must be another, `fresh` ones are made when it is their turn. `answers` are the statuses that
-- are answers, unless it is any below 400.
local kinds
kinds = {
  doctor = {make = function()
    return get("/doctors/%d", random(doctors))
  end},
  doctors = {make = function()
    return get("/doctors?page_size=100")
  end},
  day = {make = function()
    return get("/availability/%d/availability?date=%s&treatment_id=%d", random(doctors),
               date(today + random(364)), random(treatments))
  end},
  month = {make = function()
    local from = today + random(334)
    return get("/availability?treatment_id=%d&doctor_id=%d&from=%s&to=%s", random(treatments),
               random(doctors), date(from), date(from + 30))
  end},
  earliest = {make = function()
    return get("/availability?treatment_id=%d&from=%s&to=%s&limit=10", first_treatment, date(today),
               date(today + 30))
  end},
  own = {make = function()
    local all = tokens("regulars")
    return wrk.format("GET", api .. "/appointments",
                      {Authorization = "Bearer " .. all[random(#all)]})
  end},
  book = {fresh = true, answers = {[201] = true}, make = function()
    return book(next_place())
  end},
  rush = {answers = {[201] = true, [409] = true}, make = function()
    return book(random(3), rush_day, 480 + 15 * random(0, 14), random(patients - regulars))
  end},
  login = {answers = {[200] = true}, delay = pause, make = function()
    return post("/auth/patient/login",
                string.format('{"phone":"010%08d","password":"clinic-demo"}', random(patients)))
  end},
  -- Of all kinds of answers, but most of them quick.
  mixed = {make = function()
    local one = random(100)
    local kind = one <= 94 and "doctor" or one <= 96 and "day" or one <= 97 and "doctors" or
                 one <= 98 and "own" or one <= 99 and "month" or "rush"
    return kinds[kind].make()
  end},
}

-- In the main state: each thread is given its number.
local threads = {}
function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

-- In each thread's own state.
function init(arguments)
  math.randomseed(arguments[2] * 100 + number)
  local kind = assert(kinds[arguments[1]], "no such kind")
  local made, next = {}, 0
  for i = 1, kind.fresh and 0 or 2000 do
    made[i] = kind.make()
  end
  request = kind.fresh and kind.make or function()
    next = next % #made + 1
    return made[next]
  end
  delay = kind.delay
  if kind.answers then
    answered, failed = 0, 0
    response = function(status)
      if kind.answers[status] then
        answered = answered + 1
      else
        failed = failed + 1
        refused = refused + 1
      end
    end
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

-- Answers, and what was none.
local function judged(summary)
  local errors = summary.errors
  local count = errors.connect + errors.read + errors.write + errors.timeout
  if not threads[1]:get("answered") then
    return summary.requests - errors.status, count + errors.status
  end
  local answers = 0
  for _, thread in ipairs(threads) do
    answers = answers + thread:get("answered")
    count = count + thread:get("failed")
  end
  return answers, count
end

-- Answers, seconds, p50, p99 and the longest in milliseconds, errors, and what they were.
function done(summary, latency)
  local connections = given("CONNECTIONS")
  local rounds = math.max(1, math.floor(summary.requests / connections))
  local counts, values = measured(latency, math.floor(summary.duration / rounds))
  local total = 0
  for _, value in ipairs(values) do
    total = total + counts[value]
  end
  -- An answer after the time-out has no latency.
  local errors = summary.errors
  assert(total + errors.timeout == summary.requests, "this wrk counts in another way")
  local answers, count = judged(summary)
  print(string.format("figures %d %.6f %.3f %.3f %.3f %d connect=%d,read=%d,write=%d,timeout=%d,status=%d",
                      answers, summary.duration / 1e6, percentile(counts, values, total, 50),
                      percentile(counts, values, total, 99), latency.max / 1e3, count,
                      errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
