package faults

import (
	"fmt"
	"os"
	"strings"
)

// ports are those of sockets of 127.0.0.1, as hexadecimal digits.
type ports map[string]struct{}

func (p *ports) add(port int) {
	if *p == nil {
		*p = ports{}
	}
	(*p)[fmt.Sprintf("%04X", port)] = struct{}{}
}

// queued gives the bytes that wait in the sockets at these ports, and the datagrams that the kernel has dropped there. The list that it is
// read from may lack a socket while others come and go: then it is not complete.
func (p *ports) queued() (waiting, dropped int64, complete bool, err error) {
	text, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		return 0, 0, false, err
	}
	found := map[string]struct{}{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 13 {
			continue
		}
		port, ok := strings.CutPrefix(fields[1], "0100007F:")
		if _, wanted := (*p)[port]; !ok || !wanted {
			continue
		}
		var queued, lost int64
		if _, err := fmt.Sscanf(fields[4][strings.Index(fields[4], ":")+1:]+" "+fields[12], "%x %d", &queued, &lost); err != nil {
			return 0, 0, false, fmt.Errorf("%q: %w", line, err)
		}
		waiting, dropped = waiting+queued, dropped+lost
		found[port] = struct{}{}
	}
	return waiting, dropped, len(found) == len(*p), nil
}

// taken waits until the driver has taken everything that was sent to these ports, and says how many datagrams were dropped: a socket that
// is full drops what comes.
func (p *ports) taken() (dropped int64, err error) {
	var waiting int64
	late := await(fmt.Sprintf("the driver at %v", *p), func() bool {
		var complete bool
		waiting, dropped, complete, err = p.queued()
		return err != nil || complete && waiting == 0
	})
	if late != nil {
		return 0, fmt.Errorf("%w: %d bytes wait, or not all of these ports are there", late, waiting)
	}
	return dropped, err
}
