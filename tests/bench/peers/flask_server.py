"""Flask-SocketIO on eventlet: its rooms, and an event for each message."""

import eventlet
import flask
import flask_socketio

app = flask.Flask(__name__)
server = flask_socketio.SocketIO(app, async_mode="eventlet", allow_upgrades=False)
rooms = {}


@server.on("join")
def on_join(room):
    rooms[flask.request.sid] = room
    flask_socketio.join_room(room)
    flask_socketio.emit("joined")


@server.on("message")
def on_message(message):
    server.emit("message", message, to=rooms[flask.request.sid])


listener = eventlet.listen(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
eventlet.wsgi.server(listener, app, log_output=False, max_size=20000)
