# app/controllers/chat_tokens_controller.rb, with `post "/chat-token", to: "chat_tokens#create"` in config/routes.rb.
class ChatTokensController < ApplicationController
  # The element's request has no authenticity token. It changes nothing, and other sites cannot read the answer.
  skip_forgery_protection

  def create
    # Who it is for comes from the session, never from the request.
    user = current_user or return head(:unauthorized)
    claims = {
      sub: user.id.to_s,
      name: user.name.first(64),
      rooms: user.rooms,
      aud: "talkroom",
      exp: 1.hour.from_now.to_i
    }
    response.headers["Cache-Control"] = "no-store"
    render json: { token: JWT.encode(claims, ENV.fetch("TALKROOM_TOKEN_SECRET"), "HS256") }
  end
end
