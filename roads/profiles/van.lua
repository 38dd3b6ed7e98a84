-- A delivery van of 3.5 t: 6.0 m long, 2.7 m high. Limits "for hgv" do not bind it.
api_version = 4

local Goods = require("goods")

return Goods.profile {
  heavy = false,
  height = 2.7, width = 2.1, length = 6.0, weight = 3500,
  max_speed = 80,
  speed_reduction = 0.75,
  turn_penalty = 6.5,
  u_turn_penalty = 25,
  turn_restrictions = true,
  access_keys = { "goods", "motorcar", "motor_vehicle", "vehicle", "access" },
  speeds = {
    motorway = 80, motorway_link = 45, trunk = 70, trunk_link = 40,
    primary = 45, primary_link = 30, secondary = 40, secondary_link = 25,
    tertiary = 32, tertiary_link = 20, unclassified = 25, residential = 22,
    living_street = 8, service = 12, road = 15,
  },
}
