#include "json.h"

#include <string.h>

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

/* `at` is the opening quote; the result is just past the closing one. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '"')
            return at + 1;
    }
    return NULL;
}

const char *json_skip(const char *at, const char *end)
{
    int depth = 0;
    at = skip_space(at, end);
    while (at < end) {
        char here = *at;
        if (here == '"') {
            at = skip_string(at, end);
            if (!at || depth == 0)
                return at;
            continue;
        }
        if (depth == 0 && (here == ',' || here == '}' || here == ']'))
            return at; /* a number or a word ends where its surroundings go on */
        if (here == '{' || here == '[')
            depth++;
        at++;
        if ((here == '}' || here == ']') && --depth == 0)
            return at;
    }
    return depth == 0 ? at : NULL;
}

static struct span unquoted(const char *at, const char *end)
{
    if (*at == '"')
        return (struct span){at + 1, (size_t)(end - at) - 2};
    return (struct span){at, (size_t)(end - at)};
}

bool json_field(struct span object, const char *name, struct span *value)
{
    const char *end = object.at + object.length;
    const char *at = skip_space(object.at, end) + 1; /* past the opening brace */
    for (;;) {
        at = skip_space(at, end);
        if (at >= end || *at != '"')
            return false;
        const char *name_end = skip_string(at, end);
        if (!name_end)
            return false;
        struct span field = unquoted(at, name_end);
        at = skip_space(name_end, end);
        if (at >= end || *at != ':')
            return false;
        at = skip_space(at + 1, end);
        const char *value_end = json_skip(at, end);
        if (!value_end || value_end == at)
            return false;
        if (span_is(field, name)) {
            *value = unquoted(at, value_end);
            return true;
        }
        at = skip_space(value_end, end);
        if (at >= end || *at != ',')
            return false;
        at++;
    }
}

bool span_is(struct span span, const char *text)
{
    return span.length == strlen(text) && memcmp(span.at, text, span.length) == 0;
}

bool span_number(struct span span, uint64_t *number)
{
    if (span.length == 0 || span.length > 19)
        return false;
    *number = 0;
    for (size_t at = 0; at < span.length; at++) {
        if (span.at[at] < '0' || span.at[at] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(span.at[at] - '0');
    }
    return true;
}
