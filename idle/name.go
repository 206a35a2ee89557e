package idle

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Names describes the strategies that ByName knows, for help texts.
const Names = "spin, yield, backoff, backoff:SPINS-YIELDS-MINPARK-MAXPARK, sleep:DURATION"

// ByName returns a new Strategy for a name as people type it on a command line:
//
//	spin                     BusySpin()
//	yield                    Yield()
//	backoff                  Backoff()
//	backoff:10-20-1us-1ms    BackoffWith(10, 20, time.Microsecond, time.Millisecond)
//	sleep:1ms                Sleep(time.Millisecond); the duration is required
//
// Upper and lower case are the same, and blanks around the name are ignored. Durations
// are those of time.ParseDuration, without a sign. Any other name is an error that
// repeats it and lists the names that exist.
func ByName(name string) (Strategy, error) {
	kind, args, hasArgs := strings.Cut(strings.ToLower(strings.TrimSpace(name)), ":")
	switch kind {
	case "spin", "yield":
		if hasArgs {
			return nil, fmt.Errorf("idle: strategy %q: %s takes no arguments", name, kind)
		}
		if kind == "spin" {
			return BusySpin(), nil
		}
		return Yield(), nil
	case "backoff":
		if !hasArgs {
			return Backoff(), nil
		}
		return backoffFrom(name, args)
	case "sleep":
		if !hasArgs {
			return nil, fmt.Errorf("idle: strategy %q: say how long, for example sleep:1ms", name)
		}
		d, err := parsePeriod(args)
		if err != nil {
			return nil, fmt.Errorf("idle: strategy %q: duration %q: %w", name, args, err)
		}
		return Sleep(d), nil
	}
	return nil, fmt.Errorf("idle: unknown strategy %q; known are: %s", name, Names)
}

func backoffFrom(name, args string) (Strategy, error) {
	parts := strings.Split(args, "-")
	if len(parts) != 4 {
		return nil, fmt.Errorf("idle: strategy %q: backoff takes SPINS-YIELDS-MINPARK-MAXPARK, "+
			"for example backoff:10-5-1us-1ms; there are %d values", name, len(parts))
	}
	var counts [2]int
	for i, field := range [...]string{"SPINS", "YIELDS"} {
		n, err := strconv.ParseUint(parts[i], 10, 31)
		if err != nil {
			return nil, fmt.Errorf("idle: strategy %q: %s: %w", name, field, err)
		}
		counts[i] = int(n)
	}
	var parks [2]time.Duration
	for i, field := range [...]string{"MINPARK", "MAXPARK"} {
		d, err := parsePeriod(parts[2+i])
		if err != nil {
			return nil, fmt.Errorf("idle: strategy %q: %s: %w", name, field, err)
		}
		parks[i] = d
	}
	if parks[0] <= 0 || parks[0] > parks[1] {
		return nil, fmt.Errorf("idle: strategy %q: MINPARK must be more than 0 and at most MAXPARK, "+
			"but they are %v and %v", name, parks[0], parks[1])
	}
	return BackoffWith(counts[0], counts[1], parks[0], parks[1]), nil
}

func parsePeriod(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, err
	}
	if d < 0 {
		return 0, fmt.Errorf("%v is negative", d)
	}
	return d, nil
}
