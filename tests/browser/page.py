"""The product's page at `/`, as somebody uses it."""

from playwright.async_api import Locator, Page

from tests.browser.conversation import Conversation


async def sign_in(page: Page, name: str, room: str) -> Conversation:
    """On a development server: say who one is and enter a room. The conversation."""
    form = ChatPage(page)
    await form.name.fill(name)
    await form.room.fill(room)
    await form.enter.click()
    return Conversation(page.locator("talk-room:visible"))


class ChatPage:
    """What is around the conversation, whatever the page's language: the form, rooms, settings."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def name(self) -> Locator:
        """The form's field for who one is."""
        return self.page.locator("#name")

    @property
    def token(self) -> Locator:
        """The form's field for a token, on a server with a secret."""
        return self.page.locator("#token")

    @property
    def room(self) -> Locator:
        """The form's field for the room."""
        return self.page.locator("#room")

    @property
    def enter(self) -> Locator:
        """The form's button."""
        return self.page.locator("#sign-in button")

    @property
    def rooms(self) -> Locator:
        """Links to the rooms that one has open."""
        return self.page.locator("#room-list").get_by_role("link")

    @property
    def menu(self) -> Locator:
        """Shows the rooms where there is no place for them beside the conversation."""
        return self.page.locator("#menu")

    @property
    def settings_button(self) -> Locator:
        """Shows the settings."""
        return self.page.locator("[popovertarget=settings]")

    @property
    def settings(self) -> Locator:
        """Theme, language, and the key that sends."""
        return self.page.locator("#settings")

    @property
    def sign_out(self) -> Locator:
        """Forgets who one is."""
        return self.page.locator("#sign-out")

    @property
    def title(self) -> Locator:
        """The room that is in front."""
        return self.page.locator("#title")

    async def open_room(self, name: str) -> None:
        """By the field beside the list of rooms."""
        field = self.page.locator("#new-room")
        await field.fill(name)
        await field.press("Enter")
