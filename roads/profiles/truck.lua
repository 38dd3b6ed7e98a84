-- A rigid distribution truck of 18 t: 10 m long, 3.6 m high. Tags for hgv and goods come first.
api_version = 4

local Goods = require("goods")

return Goods.profile {
  heavy = true,
  height = 3.6, width = 2.55, length = 10.0, weight = 18000,
  max_speed = 80,
  speed_reduction = 0.7,
  turn_penalty = 9,
  u_turn_penalty = 60,
  turn_restrictions = true,
  access_keys = { "hgv", "goods", "motor_vehicle", "vehicle", "access" },
  speeds = {
    motorway = 80, motorway_link = 40, trunk = 65, trunk_link = 35,
    primary = 40, primary_link = 25, secondary = 35, secondary_link = 22,
    tertiary = 28, tertiary_link = 18, unclassified = 20, residential = 18,
    living_street = 6, service = 10, road = 12,
  },
}
