"""Emoji: the short names that the composer offers; all of them, and many more, work in texts."""

_LIST = """
smile 😄 smiley 😃 grinning 😀 grin 😁 laughing 😆 joy 😂 rofl 🤣 wink 😉 blush 😊 innocent 😇 heart_eyes 😍 kissing_heart 😘
yum 😋 stuck_out_tongue 😛 thinking 🤔 neutral_face 😐 expressionless 😑 no_mouth 😶 smirk 😏 unamused 😒 roll_eyes 🙄
grimacing 😬 relieved 😌 pensive 😔 sleepy 😪 sleeping 😴 mask 😷 sunglasses 😎 nerd_face 🤓 confused 😕 worried 😟
slightly_frowning_face 🙁 open_mouth 😮 hushed 😯 astonished 😲 flushed 😳 cry 😢 sob 😭 scream 😱 fearful 😨 cold_sweat 😰
disappointed 😞 sweat 😓 weary 😩 tired_face 😫 triumph 😤 rage 😡 angry 😠 skull 💀 ghost 👻 alien 👽 robot 🤖 wave 👋
raised_hand ✋ ok_hand 👌 v ✌️ crossed_fingers 🤞 point_left 👈 point_right 👉 point_up ☝️ point_down 👇 thumbsup 👍
thumbsdown 👎 +1 👍 -1 👎 fist ✊ punch 👊 clap 👏 raised_hands 🙌 open_hands 👐 handshake 🤝 pray 🙏 writing_hand ✍️ muscle 💪
ear 👂 nose 👃 eyes 👀 eye 👁️ tongue 👅 baby 👶 boy 👦 girl 👧 man 👨 woman 👩 facepalm 🤦 shrug 🤷 dancer 💃 runner 🏃 family 👪
heart ❤️ broken_heart 💔 two_hearts 💕 sparkling_heart 💖 yellow_heart 💛 green_heart 💚 blue_heart 💙 purple_heart 💜
black_heart 🖤 100 💯 boom 💥 dizzy 💫 speech_balloon 💬 thought_balloon 💭 zzz 💤 dog 🐶 cat 🐱 mouse 🐭 rabbit 🐰 fox_face 🦊
bear 🐻 panda_face 🐼 tiger 🐯 lion 🦁 cow 🐮 pig 🐷 frog 🐸 monkey 🐒 chicken 🐔 penguin 🐧 bird 🐦 duck 🦆 owl 🦉 wolf 🐺 horse
🐴 unicorn 🦄 bee 🐝 bug 🐛 butterfly 🦋 snail 🐌 turtle 🐢 snake 🐍 octopus 🐙 fish 🐟 dolphin 🐬 whale 🐳 elephant 🐘 tulip 🌷
rose 🌹 sunflower 🌻 cactus 🌵 seedling 🌱 evergreen_tree 🌲 palm_tree 🌴 four_leaf_clover 🍀 maple_leaf 🍁 mushroom 🍄 apple
🍎 banana 🍌 watermelon 🍉 grapes 🍇 strawberry 🍓 cherries 🍒 peach 🍑 pineapple 🍍 tomato 🍅 avocado 🥑 carrot 🥕 corn 🌽
bread 🍞 cheese 🧀 egg 🥚 pizza 🍕 hamburger 🍔 fries 🍟 hotdog 🌭 sandwich 🥪 taco 🌮 burrito 🌯 popcorn 🍿 rice 🍚 sushi 🍣
cookie 🍪 cake 🍰 birthday 🎂 chocolate_bar 🍫 candy 🍬 honey_pot 🍯 coffee ☕ tea 🍵 beer 🍺 beers 🍻 wine_glass 🍷 cocktail 🍸
tropical_drink 🍹 champagne 🍾 earth_africa 🌍 earth_americas 🌎 earth_asia 🌏 world_map 🗺️ mountain ⛰️ camping 🏕️
beach_umbrella 🏖️ house 🏠 office 🏢 hospital 🏥 school 🏫 train 🚋 bus 🚌 car 🚗 taxi 🚕 bike 🚲 ship 🚢 airplane ✈️ rocket 🚀
hourglass ⌛ watch ⌚ alarm_clock ⏰ sunny ☀️ cloud ☁️ snowflake ❄️ snowman ⛄ zap ⚡ rainbow 🌈 umbrella ☔ fire 🔥 droplet
💧 ocean 🌊 star ⭐ star2 🌟 sparkles ✨ moon 🌔 crescent_moon 🌙 comet ☄️ tada 🎉 balloon 🎈 gift 🎁 christmas_tree 🎄 ribbon
🎀 trophy 🏆 medal_sports 🏅 soccer ⚽ basketball 🏀 football 🏈 tennis 🎾 8ball 🎱 dart 🎯 video_game 🎮 game_die 🎲 jigsaw 🧩
art 🎨 musical_note 🎵 guitar 🎸 headphones 🎧 microphone 🎤 movie_camera 🎥 camera 📷 tv 📺 phone ☎️ computer 💻 keyboard ⌨️
printer 🖨️ floppy_disk 💾 cd 💿 bulb 💡 flashlight 🔦 book 📖 books 📚 newspaper 📰 bookmark 🔖 moneybag 💰 credit_card 💳
email 📧 envelope ✉️ package 📦 mailbox 📫 pencil2 ✏️ memo 📝 briefcase 💼 calendar 📆 chart_with_upwards_trend 📈
chart_with_downwards_trend 📉 bar_chart 📊 clipboard 📋 pushpin 📌 paperclip 📎 scissors ✂️ lock 🔒 unlock 🔓 key 🔑 hammer
🔨 wrench 🔧 gear ⚙️ link 🔗 magnet 🧲 microscope 🔬 telescope 🔭 syringe 💉 pill 💊 door 🚪 bed 🛏️ shopping_cart 🛒 warning
⚠️ no_entry ⛔ no_entry_sign 🚫 white_check_mark ✅ heavy_check_mark ✔️ x ❌ question ❓ exclamation ❗ recycle ♻️
arrow_up ⬆️ arrow_down ⬇️ arrow_left ⬅️ arrow_right ➡️ arrows_counterclockwise 🔄 heavy_plus_sign ➕ heavy_minus_sign
➖ infinity ♾️ copyright ©️ registered ®️ tm ™️ checkered_flag 🏁 triangular_flag_on_post 🚩 rainbow_flag 🏳️‍🌈
construction 🚧 bell 🔔 no_bell 🔕 loudspeaker 📢 mega 📣 mag 🔍 hugs 🤗 partying_face 🥳 exploding_head 🤯 hot_face 🥵
cold_face 🥶 pleading_face 🥺 yawning_face 🥱 zany_face 🤪 monocle_face 🧐 cowboy_hat_face 🤠 clown_face 🤡
money_mouth_face 🤑 zipper_mouth_face 🤐 drooling_face 🤤 nauseated_face 🤢 sneezing_face 🤧 brain 🧠 bone 🦴 tooth 🦷 crown
👑 mortar_board 🎓 tophat 🎩 eyeglasses 👓 dress 👗 jeans 👖 shoe 👞 mouse2 🐁 spider 🕷️ scorpion 🦂 lobster 🦞 crab 🦀 shrimp
🦐
"""

_words = _LIST.split()
NAMES = dict(zip(_words[::2], _words[1::2], strict=True))
"""The short names and what they stand for."""
