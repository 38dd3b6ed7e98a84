-- A cargo bike, 1.2 m wide: cycleways and most paths are streets to it, motorways are not.
api_version = 4

local Goods = require("goods")

return Goods.profile {
  heavy = false,
  height = 2.0, width = 1.2, length = 2.8, weight = 300,
  max_speed = 25,
  speed_reduction = 1,
  turn_penalty = 3,
  u_turn_penalty = 8,
  turn_restrictions = false,
  access_keys = { "bicycle", "vehicle", "access" },
  speeds = {
    primary = 17, primary_link = 17, secondary = 17, secondary_link = 17,
    tertiary = 17, tertiary_link = 17, unclassified = 17, residential = 17,
    living_street = 12, service = 12, road = 14, cycleway = 18, track = 12,
  },
}
