import { cellsPerWindow as cells } from './limit.ts';

/** Milliseconds by the clock of Redis: those of the machines that ask may differ. */
const redisClock = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)";

/**
 * Counts several requests in one call, each against all of its limits or against none.
 *
 * KEYS: the window of each limit of each request, in their order. ARGV: of each request its cost,
 * how much it would lease beside that, and the number of its limits, then of each limit its max and
 * the length of its window in ms. A cost of 0 counts nothing. Answers the time in ms, then for each
 * request how much was leased, and for each of its limits what remains, and in how many ms the
 * request may fit, 0 when it does. Only of a limit that is one alone, and that three quarters of are
 * still there, something is leased.
 *
 * A window is a string: what is counted in all (4 bytes), then of each cell in which something was
 * counted its number (6 bytes) and how much (4 bytes), oldest first. So what is rarely used is
 * short, and nothing is longer than 654 bytes. Cells are forgotten when their last moment is a
 * window ago.
 */
export function windowScript(clock = redisClock): string {
  return `
${clock}
local call, unpack, pack, sub, floor, ceil = redis.call, struct.unpack, struct.pack, string.sub, math.floor, math.ceil

-- What counts of a window, its cells, and the number of the current one.
local function read(key, width)
  local cell = floor(now / width)
  local kept = call('GET', key)
  if not kept then return 0, '', cell end
  local size, sum, at = #kept, unpack('<I4I6', kept)
  local last = size > 14 and unpack('<I6', kept, size - 9) or at
  -- The clock of Redis was set back: by little, time stands still until it is there again.
  if last > cell and last <= cell + ${cells} then cell = last end
  local oldest, from = cell - ${cells}, 5
  while at < oldest or at > cell do
    sum = sum - unpack('<I4', kept, from + 6)
    from = from + 10
    if from > size then return 0, '', cell end
    at = unpack('<I6', kept, from)
  end
  return sum, sub(kept, from), cell
end

local function write(key, width, sum, kept, cell, cost)
  local size, counted = #kept, cost
  if size > 0 then
    local at, before = unpack('<I6I4', kept, size - 9)
    if at == cell then
      counted = before + cost
      kept = sub(kept, 1, size - 10)
    end
  end
  call('SET', key, pack('<I4', sum + cost) .. kept .. pack('<I6I4', cell, counted),
    'PX', ceil(width * ${cells + 2}))
end

-- In how many ms so much more has room.
local function wait(kept, width, over)
  local from, at, counted = 1, 0, 0
  while over > 0 do
    at, counted = unpack('<I6I4', kept, from)
    over = over - counted
    from = from + 10
  end
  return ceil((at + ${cells + 1}) * width - now)
end

local reply, size = { now }, 1
local key, arg = 1, 1
while ARGV[arg] do
  local cost, lease, last = ARGV[arg] + 0, ARGV[arg + 1] + 0, key + ARGV[arg + 2] - 1
  arg = arg + 3
  size = size + 1
  local leased = size
  reply[leased] = 0
  local fits, several = cost > 0, key < last and {}
  for k = key, last do
    local max, window = ARGV[arg] + 0, ARGV[arg + 1] + 0
    arg = arg + 2
    local width = window / ${cells}
    local sum, kept, cell = read(KEYS[k], width)
    local asked, waits = cost, 0
    if asked > max then asked = max end
    if max == 0 then
      waits = window
    elseif sum + asked > max then
      waits = wait(kept, width, sum + asked - max)
    end
    local left = max - sum
    if waits > 0 then
      fits = false
    elseif several then
      several[k] = { width, sum, kept, cell, asked, size + 1 }
    elseif fits then
      if lease > 0 and (sum + asked + lease) * 4 <= max then
        asked = asked + lease
        reply[leased] = lease
      end
      write(KEYS[k], width, sum, kept, cell, asked)
      left = left - asked
    end
    reply[size + 1] = left > 0 and left or 0
    reply[size + 2] = waits
    size = size + 2
  end
  if several and fits then
    for k = key, last do
      local s = several[k]
      write(KEYS[k], s[1], s[2], s[3], s[4], s[5])
      reply[s[6]] = reply[s[6]] - s[5]
    end
  end
  key = last + 1
end
return reply
`;
}
