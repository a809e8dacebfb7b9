import { cellsPerWindow } from './limit.ts';

/** Milliseconds by the clock of Redis: those of the machines that ask may differ. */
const redisClock = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)";

/**
 * Counts several requests in one call, each against all of its limits or against none.
 *
 * KEYS: the window of each limit of each request, in their order. ARGV: of each request its cost
 * and the number of its limits, then of each limit its max and the length of its window in ms. A
 * cost of 0 counts nothing. Answers the time in ms, then for each limit what remains of it, and in
 * how many ms the request may fit, 0 when it does.
 *
 * A window is a string: what is counted in all (4 bytes), then of each cell in which something was
 * counted its number (6 bytes) and how much (4 bytes), oldest first. So what is rarely used is
 * short, and nothing is longer than 654 bytes. Cells are forgotten when their last moment is a
 * window ago.
 */
export function windowScript(clock = redisClock): string {
  return `
${clock}
local unpack, pack, sub = struct.unpack, struct.pack, string.sub
local reply = { now }
local key, arg = 1, 1
while ARGV[arg] do
  local cost, count = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1])
  arg = arg + 2
  local fits = true
  local windows = {}
  local first = #reply + 1
  for i = 1, count do
    local max, window = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1])
    arg = arg + 2
    local width = window / ${cellsPerWindow}
    local cell = math.floor(now / width)
    local kept = redis.call('GET', KEYS[key + i - 1])
    local sum, cells = 0, ''
    if kept then
      sum = unpack('<I4', kept)
      local size, from = #kept, 5
      local last = unpack('<I6', kept, size - 9)
      -- The clock of Redis was set back: by little, time stands still until it is there again.
      if last > cell and last <= cell + ${cellsPerWindow} then cell = last end
      while from < size do
        local at, counted = unpack('<I6I4', kept, from)
        if at >= cell - ${cellsPerWindow} and at <= cell then break end
        sum = sum - counted
        from = from + 10
      end
      cells = sub(kept, from)
    end
    local asked = math.min(cost, max)
    local wait = 0
    if max == 0 then
      wait = window
    elseif sum + asked > max then
      fits = false
      local over, from = sum + asked - max, 1
      while over > 0 do
        local at, counted = unpack('<I6I4', cells, from)
        over = over - counted
        from = from + 10
        wait = math.ceil((at + ${cellsPerWindow + 1}) * width - now)
      end
    end
    if wait > 0 then fits = false end
    windows[i] = { cell, sum, cells, asked, width }
    reply[#reply + 1] = math.max(0, max - sum)
    reply[#reply + 1] = wait
  end
  if fits and cost > 0 then
    for i = 1, count do
      local cell, sum, cells, asked, width = windows[i][1], windows[i][2], windows[i][3], windows[i][4], windows[i][5]
      local size = #cells
      local counted = asked
      if size > 0 then
        local at, before = unpack('<I6I4', cells, size - 9)
        if at == cell then
          counted = before + asked
          cells = sub(cells, 1, size - 10)
        end
      end
      local text = pack('<I4', sum + asked) .. cells .. pack('<I6I4', cell, counted)
      redis.call('SET', KEYS[key + i - 1], text, 'PX', math.ceil(width * ${cellsPerWindow + 2}))
      reply[first + 2 * (i - 1)] = reply[first + 2 * (i - 1)] - asked
    end
  end
  key = key + count
end
return reply
`;
}
