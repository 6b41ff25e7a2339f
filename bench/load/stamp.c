#include "stamp.h"

/* The finaliser of SplitMix64: each bit of the input changes about half of the result's. */
static uint64_t mix(uint64_t value)
{
    value += 0x9e3779b97f4a7c15ull;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
    return value ^ (value >> 31);
}

static uint64_t checksum(const struct stamp *stamp)
{
    return mix(mix((uint64_t)stamp->room << 32 | stamp->number) ^ stamp->sent_at_ns);
}

static char *hex_write(char *text, uint64_t value, int digits)
{
    for (int at = digits - 1; at >= 0; at--, value >>= 4)
        text[at] = "0123456789abcdef"[value & 15];
    return text + digits;
}

/* Only the digits that hex_write makes: an upper-case A is a changed byte. */
static bool hex_read(const char *text, int digits, uint64_t *value)
{
    *value = 0;
    for (int at = 0; at < digits; at++) {
        char digit = text[at];
        uint64_t nibble;
        if (digit >= '0' && digit <= '9')
            nibble = (uint64_t)(digit - '0');
        else if (digit >= 'a' && digit <= 'f')
            nibble = (uint64_t)(digit - 'a' + 10);
        else
            return false;
        *value = *value << 4 | nibble;
    }
    return true;
}

void stamp_write(char *text, const struct stamp *stamp)
{
    text = hex_write(text, stamp->room, 8);
    text = hex_write(text, stamp->number, 8);
    text = hex_write(text, stamp->sent_at_ns, 16);
    hex_write(text, checksum(stamp), 16);
}

bool stamp_read(const char *text, size_t length, struct stamp *stamp)
{
    uint64_t room, number, sent_at_ns, sum;
    if (length != STAMP_BYTES || !hex_read(text, 8, &room) || !hex_read(text + 8, 8, &number)
        || !hex_read(text + 16, 16, &sent_at_ns) || !hex_read(text + 32, 16, &sum))
        return false;
    *stamp = (struct stamp){(uint32_t)room, (uint32_t)number, sent_at_ns};
    return sum == checksum(stamp);
}
