#define _GNU_SOURCE
#include "upgrade.h"

#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "flavour.h"
#include "options.h"
#include "room.h"

/* The key of RFC 6455 section 1.3, whose answer is printed there too: so the answer can be checked
 * on every handshake without a SHA-1 of our own. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

size_t upgrade_request(char *request, const struct room *room)
{
    char path[256], protocols[4096];
    options.flavour->path(path, sizeof path, room->id);
    options.flavour->protocols(protocols, sizeof protocols, room->id);
    int length = snprintf(request, UPGRADE_BYTES_MAX,
                          "GET %s HTTP/1.1\r\n"
                          "Host: localhost:%d\r\n"
                          "Connection: Upgrade\r\n"
                          "Upgrade: websocket\r\n"
                          "Sec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: " KEY "\r\n"
                          "%s\r\n",
                          path, options.port, protocols);
    return (size_t)length;
}

/* The value of a header, or NULL. The head is a NUL-terminated copy. */
static const char *find_header(const char *head, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " \t");
    }
    return NULL;
}

static int value_is(const char *value, const char *expected)
{
    size_t length = strlen(expected);
    return value && strncmp(value, expected, length) == 0 && strchr(" \t\r", value[length]);
}

size_t upgrade_accepted(const char *answer, size_t available)
{
    char head[UPGRADE_BYTES_MAX];
    const char *end = memmem(answer, available, "\r\n\r\n", 4);
    if (!end && available < sizeof head)
        return 0;
    size_t length = end ? (size_t)(end - answer) + 4 : available;
    if (length >= sizeof head)
        fail("an answer to the handshake of more than %zu bytes", sizeof head);
    memcpy(head, answer, length);
    head[length] = '\0';

    if (strncmp(head, "HTTP/1.1 101", 12) != 0)
        fail("the handshake was refused: %.*s", (int)strcspn(head, "\r\n"), head);
    if (!value_is(find_header(head, "Sec-WebSocket-Accept"), ACCEPT))
        fail("the handshake's Sec-WebSocket-Accept is wrong");
    if (find_header(head, "Sec-WebSocket-Extensions"))
        fail("the server chose an extension that nobody offered");
    const char *chosen = find_header(head, "Sec-WebSocket-Protocol");
    const char *expected = options.flavour->subprotocol;
    if (expected ? !value_is(chosen, expected) : chosen != NULL)
        fail("the server chose another subprotocol than %s", expected ? expected : "none");
    return length;
}
