package uri

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// C: aeron_parse_util.h, IF_NAMESIZE
const (
	maxHostLength      = 383
	maxPortLength      = 7
	maxInterfaceLength = 15
)

const addressExample = "write HOST:PORT, as in 127.0.0.1:40123, [::1]:40123 or localhost:40123"

// Address gives host and port as a parameter has them: "a:p" for names and IPv4, "[a]:p" for IPv6, which may come with brackets or
// without. It refuses an empty host, what is neither an address nor a name, and ports outside 0 to 65535. The zone of an IPv6 address
// ("fe80::1%eth0") is kept, but C ignores it: name the interface with [URI.Interface].
//
// Seed: address(isIpv4, addr, port), without the flag that had to match
func Address(host string, port int) (string, error) {
	fail := func(value, reason, remedy string) (string, error) {
		return "", &Error{Op: "address", Value: value, Reason: reason, Remedy: remedy, Err: ErrValue}
	}
	if host == "" {
		return fail("", "the host is empty", "use an address or a name, or 0.0.0.0 or [::] for every interface")
	}
	if port < 0 || port > 65535 {
		return fail(fmt.Sprintf("%s:%d", host, port), fmt.Sprintf("port %d is out of range", port), "use 0 to 65535, 0 for any free port")
	}
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	address := host + ":" + strconv.Itoa(port)
	if v := checkAddress(address); !v.fine() {
		return fail(address, v.reason, v.remedy)
	}
	return address, nil
}

// SplitAddress takes apart what [Address] gives; the host has no brackets. It refuses what Address does not give, such as a port with
// other characters behind it, which C accepts.
func SplitAddress(address string) (host string, port int, err error) {
	h, p, v := splitAddress(address)
	if v.fine() {
		v = checkAddress(address)
	}
	if !v.fine() {
		return "", 0, &Error{Op: "address", Value: address, Reason: v.reason, Remedy: v.remedy, Err: ErrValue}
	}
	n, _, _ := cInteger(p, 10)
	return strings.Trim(h, "[]"), int(n), nil
}

// LocalAddress gives the address in the text of a local socket address, such as a channel's status has it: without the port, without
// brackets, in canonical form. An IPv4 address that is mapped into IPv6 ("::ffff:10.0.0.1") becomes the IPv4 address, so that it compares
// equal; a zone is kept. A text without a port is fine if it is an address; one that is none, such as a name, is an error.
//
// Seed: getLocalAddressString(publication, isRemoteIpv4) and getLocalAddressString(subscription), which differed in brackets and
// canonical form
func LocalAddress(address string) (string, error) {
	fail := func(reason string) (string, error) {
		return "", &Error{
			Op: "local address", Value: address, Err: ErrValue,
			Reason: reason, Remedy: "give it as in 10.0.0.1:40123 or [::1]:40123",
		}
	}
	host, port := address, ""
	switch colon := strings.LastIndexByte(address, ':'); {
	case strings.HasPrefix(address, "["):
		end := strings.LastIndexByte(address, ']')
		if end < 0 {
			return fail("the bracket is not closed")
		}
		host, port = address[1:end], address[end+1:]
		if port != "" && port[0] != ':' {
			return fail("something else than a port follows the bracket")
		}
		if !strings.Contains(host, ":") {
			return fail("what is in brackets is not an IPv6 address")
		}
	case strings.Count(address, ":") == 1:
		host, port = address[:colon], address[colon:]
	}
	if port != "" {
		if v := checkPort(port[1:]); !v.fine() {
			return fail("the port " + v.reason)
		}
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return fail("it is not an IP address")
	}
	return a.Unmap().String(), nil
}

// splitAddress takes an address apart as aeron_address_split does: the port is behind the last colon that is not in brackets. The host
// keeps its brackets.
func splitAddress(s string) (host, port string, v verdict) {
	open, end, colon := strings.LastIndexByte(s, '['), strings.LastIndexByte(s, ']'), strings.LastIndexByte(s, ':')
	switch {
	case s == "":
		return "", "", refused("is empty", addressExample)
	case open > 0 || end >= 0 && open < 0 || open >= 0 && end < open:
		return "", "", refused("has brackets that are not around the host", addressExample)
	case colon <= end:
		return "", "", refused("has no port", addressExample)
	case end >= 0 && colon != end+1:
		return "", "", refused("has something between bracket and port", addressExample)
	}
	return s[:colon], s[colon+1:], verdict{}
}

// checkAddress says what aeron_name_resolver_resolve_host_and_port would, and what it takes without saying so. Names are not looked up.
func checkAddress(s string) verdict {
	host, port, v := splitAddress(s)
	if !v.fine() {
		return v
	}
	p, h := checkPort(port), checkHost(host)
	if !p.fine() {
		p.reason = "the port " + p.reason
		if h.fine() || !p.silent {
			return p
		}
	}
	return h
}

func checkAddressSilently(s string) verdict {
	v := checkAddress(s)
	v.silent = true
	return v
}

// checkEndpoint: of a multicast group, the driver wants the odd addresses; the even one above is for control messages.
func checkEndpoint(s string) verdict {
	v := checkAddress(s)
	if v.fine() && isMulticast(s) {
		if b := addressOf(s).AsSlice(); b[len(b)-1]&1 == 0 {
			return refused("the multicast address is even", "use the next one, whose last byte is odd")
		}
	}
	return v
}

func checkPort(s string) verdict {
	const remedy = "use 0 to 65535"
	n, rest, overflow := cInteger(s, 0)
	switch {
	case s == "":
		return refused("is missing", addressExample)
	case len(s) > maxPortLength || rest == s:
		return refused("is not a number", remedy)
	case overflow || n < 0 || n > 65535:
		return refused("is out of range", remedy)
	case strconv.FormatInt(n, 10) != s:
		return ignored("is not a decimal number, and C reads it as "+strconv.FormatInt(n, 10), "write "+strconv.FormatInt(n, 10))
	}
	return verdict{}
}

// checkHost takes a host with its brackets.
func checkHost(s string) verdict {
	bracketed := strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]")
	host := s
	if bracketed {
		host = s[1 : len(s)-1]
	}
	switch {
	case host == "":
		return refused("the host is empty", addressExample)
	case len(host) > maxHostLength:
		return refused(fmt.Sprintf("the host is longer than %d bytes", maxHostLength), "use a shorter name")
	case strings.ContainsAny(host, "[]"):
		return refused("has brackets that are not around the host", addressExample)
	}
	address, err := netip.ParseAddr(host)
	switch {
	case err == nil && bracketed && address.Is4():
		return ignored("the brackets are around an IPv4 address", "leave them out")
	case err == nil && !bracketed && address.Is6():
		return ignored("the IPv6 address has no brackets, and where the port begins is a guess", "write ["+host+"]")
	case err == nil:
		return verdict{}
	case strings.Contains(host, ":"):
		return refused("the host is not an IPv6 address", addressExample)
	case strings.Trim(host, "0123456789.") == "":
		return checkShortIPv4(host)
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || strings.ContainsFunc(label, isNoNameRune) {
			return refused("the host is not a name", addressExample)
		}
	}
	if bracketed {
		return ignored("the brackets are around a name", "leave them out")
	}
	return verdict{}
}

func isNoNameRune(c rune) bool {
	return c <= ' ' || c == 0x7f || strings.ContainsRune(`/\@#?%|="'<>,;`, c)
}

// checkShortIPv4: the C library also knows 127.1 and 2130706433 for 127.0.0.1.
func checkShortIPv4(host string) verdict {
	parts := strings.Split(host, ".")
	for i, part := range parts {
		limit := uint64(256)
		if i == len(parts)-1 && len(parts) <= 4 {
			limit = 1 << (8 * (5 - len(parts)))
		}
		n, rest, overflow := cInteger(part, 0)
		if len(parts) > 4 || rest != "" || part == "" || overflow || uint64(n) >= limit {
			return refused("the host is not an IPv4 address", "write four numbers from 0 to 255")
		}
	}
	return ignored("the IPv4 address is not written as four decimal numbers", "write four numbers from 0 to 255")
}

// addressOf gives the address in an address that was checked, or the zero Addr for a name.
func addressOf(s string) netip.Addr {
	host, _, _ := splitAddress(s)
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return a
}

func isMulticast(s string) bool { return addressOf(s).IsMulticast() }

// checkInterface: HOST[:PORT][/PREFIX] or {NAME}[:PORT]. C: aeron_find_interface
func checkInterface(s string) verdict {
	const example = "write an address as in 10.0.0.1, 10.0.0.0/8 or [fe80::1]/64, or a name as in {eth0}"
	if rest, ok := strings.CutPrefix(s, "{"); ok {
		end := strings.LastIndexByte(rest, '}')
		switch {
		case end <= 0 || end > maxInterfaceLength:
			return refused(fmt.Sprintf("the interface's name does not have 1 to %d bytes", maxInterfaceLength), example)
		case end+1 == len(rest):
			return verdict{}
		case rest[end+1] != ':' || len(rest)-end-2 > 5:
			return refused("something else than a port follows the interface's name", example)
		}
		return checkPort(rest[end+2:])
	}
	host, prefix, hasPrefix := strings.Cut(s, "/")
	if end := strings.LastIndexByte(host, ']'); strings.LastIndexByte(host, ':') > end && (end >= 0 || strings.Count(host, ":") == 1) {
		v := checkAddress(host)
		if !v.fine() {
			return v
		}
		host, _, _ = splitAddress(host)
	}
	if v := checkHost(host); !v.fine() {
		return v
	}
	if !hasPrefix {
		return verdict{}
	}
	limit := int64(32)
	if strings.HasPrefix(host, "[") {
		limit = 128
	}
	n, rest, overflow := cInteger(prefix, 0)
	if prefix == "" || rest == prefix || overflow || n < 0 || n > limit || len(prefix) > 6 {
		return refused(fmt.Sprintf("the prefix is not a number from 0 to %d", limit), example)
	}
	if strconv.FormatInt(n, 10) != prefix {
		return ignored("C reads the prefix as "+strconv.FormatInt(n, 10), "write "+strconv.FormatInt(n, 10))
	}
	return verdict{}
}
