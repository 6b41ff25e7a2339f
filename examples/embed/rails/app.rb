# A service that embeds the chat, with the part of Rails that answers requests: `TALKROOM_TOKEN_SECRET=… ruby app.rb`.
# In a real application only the controller is needed: sessions, routes and users are there already.
require "action_controller/railtie"
require "jwt"
require "securerandom"
require "webrick"
begin
  require "rackup/handler/webrick" # Rack 3
  HANDLER = Rackup::Handler::WEBrick
rescue LoadError
  require "rack/handler/webrick"
  HANDLER = Rack::Handler::WEBrick
end

CHAT = ENV.fetch("CHAT_HOST", "localhost:8080")
POLICY = "default-src 'self'; script-src http://#{CHAT}; connect-src 'self' http://#{CHAT} ws://#{CHAT}"
PAGES = File.expand_path("..", __dir__)

User = Struct.new(:id, :name, :rooms)
USERS = {
  1 => User.new(1, "アリス", ["lobby", "team-7-*"]),
  2 => User.new(2, "ボブ", ["lobby"])
}

class Service < Rails::Application
  config.eager_load = false
  config.hosts.clear
  config.secret_key_base = SecureRandom.hex(64)
  config.logger = Logger.new(nil)
  routes.append do
    root to: "pages#show"
    post "/sign-in", to: "pages#sign_in"
    post "/chat-token", to: "chat_tokens#create"
  end
end

class ApplicationController < ActionController::Base
  protect_from_forgery with: :exception

  private

  def current_user = USERS[session[:user_id]]
end

class PagesController < ApplicationController
  skip_forgery_protection

  def show
    name = session[:user_id] ? "page.html" : "sign-in.html"
    response.headers["Content-Security-Policy"] = POLICY
    render html: File.read(File.join(PAGES, name), encoding: "utf-8").gsub("localhost:8080", CHAT).html_safe
  end

  # In place of your own: it believes whatever it is told.
  def sign_in
    session[:user_id] = params[:user].to_i
    redirect_to "/"
  end
end

require_relative "chat_tokens_controller"
Service.initialize!

server = WEBrick::HTTPServer.new(
  BindAddress: "127.0.0.1", Port: Integer(ENV.fetch("PORT", "8000")), Logger: WEBrick::Log.new(File::NULL), AccessLog: []
)
server.mount("/", HANDLER, Service)
puts "Running on http://127.0.0.1:#{server.listeners.first.addr[1]}"
$stdout.flush
server.start
