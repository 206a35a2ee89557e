package aeronc

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// C loads an idle strategy when it is set. Where it does not like the name or the arguments, it has freed the old one by then and leaves a
// null pointer that a thread would call, and eight bytes that nobody frees. So what it would not like never reaches it.

// idleArguments says what each of C's idle strategies takes.
var idleArguments = map[string]func(args string) (rule string){
	"backoff": backoffArgs, "sleep-ns": sleepArgs, "sleeping": sleepArgs, "noop": anything[string], "spin": anything[string], "yield": anything[string],
}

// idleNamesInC are the names that C's table has besides.
var idleNamesInC = map[string]string{
	"aeron_idle_strategy_backoff": "backoff", "aeron_idle_strategy_sleeping": "sleeping", "aeron_idle_strategy_yielding": "yield",
	"aeron_idle_strategy_busy_spinning": "spin", "aeron_idle_strategy_noop": "noop",
}

const (
	sleepRule   = "must be a duration such as 500us, for sleep-ns"
	backoffRule = "must be spins-yields-shortest-longest such as 10-20-1us-1ms, for backoff"
	// longestIdle is far more than anybody wants a thread to sleep through work.
	longestIdle = time.Minute
)

// idleDuration is one as C reads it: no fractions, and nothing behind the unit. A plain number counts nanoseconds.
var idleDuration = regexp.MustCompile(`^([0-9]{1,11})(s|ms|us|ns)?$`)

func sleepArgs(args string) string {
	if args == "" || isIdleDuration(args) {
		return ""
	}
	return sleepRule
}

func isIdleDuration(text string) bool {
	m := idleDuration.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	unit := map[string]time.Duration{"": 1, "ns": 1, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second}[m[2]]
	n, err := strconv.ParseInt(m[1], 10, 64)
	return err == nil && n <= int64(longestIdle/unit)
}

func backoffArgs(args string) string {
	if args == "" {
		return ""
	}
	parts := strings.Split(args, "-")
	if len(parts) != 4 {
		return backoffRule
	}
	for _, count := range parts[:2] {
		if _, err := strconv.ParseUint(count, 10, 32); err != nil {
			return backoffRule
		}
	}
	for _, pause := range parts[2:] {
		if !isIdleDuration(pause) || strings.HasSuffix(pause, "ns") { // here C reads no n
			return backoffRule
		}
	}
	return ""
}

// idleArgs is what some strategy takes, or nothing.
func idleArgs(args string) string {
	if sleepArgs(args) == "" || backoffArgs(args) == "" {
		return ""
	}
	return sleepRule + ", or " + strings.TrimPrefix(backoffRule, "must be ")
}

// idleArgsOf says what is wrong with the arguments of a strategy, and nothing of a strategy that is none.
func idleArgsOf(strategy, args string) string {
	if short := idleNamesInC[strategy]; short != "" {
		strategy = short
	}
	check := idleArguments[strategy]
	if check == nil {
		return ""
	}
	return check(args)
}

func checkIdleArgs(name, args string) error {
	if rule := idleArgs(args); rule != "" {
		return invalidArgument(name, strconv.Quote(args), rule)
	}
	return nil
}

func checkIdleStrategy(name, strategy string) error {
	if idleArguments[strategy] != nil || idleNamesInC[strategy] != "" {
		return nil
	}
	return invalidArgument(name, strconv.Quote(strategy), "must be "+inWords(slices.Sorted(maps.Keys(idleArguments))))
}

// setIdleStrategy sets the idle strategy of a name, with the arguments that the context has for it.
func (s *contextState[R]) setIdleStrategy(name, strategy string, args func(*R) string, set func(*R, string) error) error {
	if err := checkIdleStrategy(name, strategy); err != nil {
		return err
	}
	var refused error
	err := s.set(func(raw *R) error {
		if rule := idleArgsOf(strategy, args(raw)); rule != "" {
			refused = invalidArgument(name+"_init_args", strconv.Quote(args(raw)),
				fmt.Sprintf("is not for %s: it %s; set them before the strategy, or to nothing for its own default", strategy, rule))
			return nil
		}
		err := set(raw, strategy)
		if delete(s.spoiled, name); err != nil {
			if s.spoiled == nil {
				s.spoiled = map[string]error{}
			}
			s.spoiled[name] = err
		}
		return err
	})
	return errors.Join(refused, err)
}

// damage is why a context cannot be used, or nil: C would call a function that it does not have.
func (s *contextState[R]) damage(op string) error {
	for _, name := range slices.Sorted(maps.Keys(s.spoiled)) {
		e := fromC(op, s.spoiled[name])
		e.Detail = fmt.Sprintf("setting %s has failed, which left none: set it again, or make another context: %s", name, e.Detail)
		return e
	}
	return nil
}

// checkIdleEnvironment looks at what C will read of the environment while it makes a driver's context.
func checkIdleEnvironment() error {
	var errs []error
	for _, s := range driverContextSettings {
		if !strings.HasSuffix(s.name, "idle_strategy") {
			continue
		}
		strategy, isStrategy := os.LookupEnv(s.env)
		if isStrategy {
			errs = append(errs, checkIdleStrategy(s.env, strategy))
		} else {
			strategy = "backoff"
			if strings.HasPrefix(s.name, "native") {
				strategy = "sleep-ns"
			}
		}
		if args, given := os.LookupEnv(s.env + "_INIT_ARGS"); given {
			rule := idleArgsOf(strategy, args)
			if args == "" && idleArgsOf(strategy, "x") != "" {
				rule = "must not be empty: unset it"
			}
			if rule != "" {
				errs = append(errs, invalidArgument(s.env+"_INIT_ARGS", strconv.Quote(args), fmt.Sprintf("is not for %s: it %s", strategy, rule)))
			}
		}
	}
	return errors.Join(errs...)
}
