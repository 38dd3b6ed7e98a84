-- What truck, van and cargo bike have in common: which streets a goods vehicle may use, how fast
-- it is there, and what turning costs. OSRM profile API version 4. The general tag handlers come
-- from the library that OSRM ships (found through LUA_PATH at build time).
--
-- Sources: OSM wiki Key:access (transport mode hierarchy), Key:hgv, Key:maxweight,
-- Key:maxweightrating, Key:maxlength; OSRM docs/profiles.md (API version 4).

local Set = require("lib/set")
local Sequence = require("lib/sequence")
local Tags = require("lib/tags")
local Measure = require("lib/measure")
local Obstacles = require("lib/obstacles")
require("lib/way_handlers") -- sets the global WayHandlers

local Goods = {}

-- Values that admit a vehicle which has business on the street, but no through traffic.
local ON_BUSINESS = Set { "destination", "delivery", "customers", "permit", "loading", "unloading" }
local FORBIDDEN = Set {
  "no", "private", "agricultural", "forestry", "agricultural;forestry", "emergency", "psv", "bus",
  "taxi", "foot", "military", "official", "restricted", "residents", "service", "bicycle"
}

-- Barriers that stop a motor vehicle unless their access tag says otherwise.
local CLOSED_BARRIERS = Set {
  "bollard", "block", "jersey_barrier", "log", "chain", "cycle_barrier", "planter", "fence",
  "wall", "kissing_gate", "turnstile", "stile", "debris", "motorcycle_barrier"
}

local MAXSPEED_URBAN, MAXSPEED_RURAL = 50, 80

-- The hgv limits that OSM writes under keys of their own; the plain keys are in the library.
local function heavy_limits(profile, way, result)
  local keys = { "maxweight:hgv", "maxweightrating:hgv", "maxweight:goods", "maxweightrating:goods" }
  for _, key in ipairs(keys) do
    local limit = Measure.get_max_weight(way:get_value_by_key(key))
    local applies = profile.is_heavy or key:find("goods")
    if limit and applies and limit < profile.vehicle_weight then
      return false
    end
  end
end

-- Access by the first tag of the hierarchy that speaks, per direction. "destination" and its like
-- leave the street usable at the two ends of a trip (OSRM: restricted), never in between.
local function access(profile, way, result, data)
  local forward, backward = Tags.get_forward_backward_by_set(way, data, profile.access_keys)
  data.forward_access, data.backward_access = forward, backward
  local usual = profile.speeds.highway[data.highway] ~= nil
  local function judge(value)
    if value and ON_BUSINESS[value] then return mode.driving, true end
    if value and FORBIDDEN[value] then return mode.inaccessible, false end
    if not usual and not (value and profile.opening[value]) then return mode.inaccessible, false end
    return mode.driving, false
  end
  result.forward_mode, result.forward_restricted = judge(forward)
  result.backward_mode, result.backward_restricted = judge(backward)
  if result.forward_mode == mode.inaccessible and result.backward_mode == mode.inaccessible then
    return false
  end
end

-- A street that only an access tag opens (a pedestrian street "delivery only") is driven slowly.
local function speed(profile, way, result, data)
  local kmh = profile.speeds.highway[data.highway] or profile.walking_speed
  result.forward_speed, result.backward_speed = kmh, kmh
end

function Goods.setup(options)
  return {
    properties = {
      weight_name = "routability",
      max_speed_for_map_matching = 120 / 3.6,
      u_turn_penalty = options.u_turn_penalty,
      continue_straight_at_waypoint = false,
      use_turn_restrictions = options.turn_restrictions,
      process_call_tagless_node = false,
    },
    default_mode = mode.driving,
    default_speed = 10,
    oneway_handling = true,
    is_heavy = options.heavy,
    vehicle_height = options.height,
    vehicle_width = options.width,
    vehicle_length = options.length,
    vehicle_weight = options.weight,
    vehicle_max_speed = options.max_speed,
    walking_speed = 8,
    turn_penalty = options.turn_penalty,
    side_road_multiplier = 0.8,
    lane_markings_penalty = 0.8,
    priority_penalty = 0.8,
    speed_reduction = options.speed_reduction,
    access_keys = Sequence(options.access_keys),
    restrictions = Sequence(options.access_keys),
    opening = Set { "yes", "permissive", "designated" },
    service_tag_forbidden = Set { "emergency_access" },
    service_access_tag_blacklist = Set { "private" },
    service_penalties = { alley = 0.5, parking_aisle = 0.4, driveway = 0.5 },
    avoid = Set { "area", "reversible", "impassable", "steps", "construction", "proposed" },
    construction_whitelist = Set { "no", "minor" },
    suffix_list = {},
    classes = Sequence { "tunnel" },
    speeds = Sequence { highway = options.speeds },
    surface_speeds = {
      cobblestone = 20, sett = 30, gravel = 25, ground = 15, dirt = 12, grass = 8, sand = 8,
      unpaved = 25, unhewn_cobblestone = 15
    },
    tracktype_speeds = { grade1 = 40, grade2 = 25, grade3 = 15, grade4 = 10, grade5 = 8 },
    smoothness_speeds = { bad = 25, very_bad = 12, horrible = 8, very_horrible = 4, impassable = 0 },
    maxspeed_table_default = {
      urban = MAXSPEED_URBAN, rural = MAXSPEED_RURAL, trunk = 80, motorway = 80
    },
    maxspeed_table = { ["de:living_street"] = 7, ["de:motorway"] = 80, none = 80 },
    relation_types = Sequence {},
    highway_turn_classification = {},
    access_turn_classification = {},
  }
end

function Goods.process_node(profile, node, result, relations)
  local barrier = node:get_value_by_key("barrier")
  if barrier and CLOSED_BARRIERS[barrier] then
    local opened = node:get_value_by_key("bollard") == "rising"
    for _, key in ipairs(profile.access_keys) do
      local value = node:get_value_by_key(key)
      if value then
        opened = profile.opening[value] or ON_BUSINESS[value]
        break
      end
    end
    if not opened then obstacle_map:add(node, Obstacle.new(obstacle_type.barrier)) end
  elseif barrier == "gate" or barrier == "lift_gate" or barrier == "swing_gate" then
    local value = node:get_value_by_key("access")
    if value and FORBIDDEN[value] then
      obstacle_map:add(node, Obstacle.new(obstacle_type.barrier))
    else
      obstacle_map:add(node, Obstacle.new(obstacle_type.gate, obstacle_direction.both, 30, 0))
    end
  end
  Obstacles.process_node(profile, node)
end

local WAY = {
  WayHandlers.blocked_ways, WayHandlers.avoid_ways,
  WayHandlers.handle_height, WayHandlers.handle_width, WayHandlers.handle_length,
  WayHandlers.handle_weight, heavy_limits,
  access, WayHandlers.oneway, WayHandlers.service,
  speed, WayHandlers.maxspeed, WayHandlers.surface, WayHandlers.vehicle_speed_cap,
  WayHandlers.penalties, WayHandlers.classes, WayHandlers.classification,
  WayHandlers.roundabouts, WayHandlers.startpoint, WayHandlers.driving_side, WayHandlers.names,
}

function Goods.process_way(profile, way, result, relations)
  local data = { highway = way:get_value_by_key("highway") }
  if not data.highway or data.highway == "" then return end
  -- The dimension handlers close a direction by its mode, so the mode is set before they run and
  -- `access` may only close further.
  result.forward_mode, result.backward_mode = profile.default_mode, profile.default_mode
  for _, handler in ipairs(WAY) do
    local forward, backward = result.forward_mode, result.backward_mode
    if handler(profile, way, result, data, relations) == false then
      result.forward_mode, result.backward_mode = mode.inaccessible, mode.inaccessible
      return
    end
    if forward == mode.inaccessible then result.forward_mode = mode.inaccessible end
    if backward == mode.inaccessible then result.backward_mode = mode.inaccessible end
  end
end

-- A turn costs up to turn_penalty seconds, growing with its angle along a logistic curve; entering
-- a street "for business only" from an open one costs the largest weight there is, so that such
-- streets carry the ends of trips only.
function Goods.process_turn(profile, turn)
  for _, obstacle in pairs(obstacle_map:get(turn.from, turn.via)) do
    turn.duration = turn.duration + obstacle.duration
  end
  if turn.number_of_roads > 2 or turn.is_u_turn then
    local sharpness = math.abs(turn.angle) / 180
    turn.duration = turn.duration + profile.turn_penalty / (1 + math.exp(6 - 12 * sharpness))
    if turn.is_u_turn then
      turn.duration = turn.duration + profile.properties.u_turn_penalty
    end
  end
  turn.weight = turn.duration
  if turn.target_restricted and not turn.source_restricted then
    turn.weight = constants.max_turn_weight
  end
end

function Goods.profile(options)
  return {
    setup = function() return Goods.setup(options) end,
    process_way = Goods.process_way,
    process_node = Goods.process_node,
    process_turn = Goods.process_turn,
  }
end

return Goods
