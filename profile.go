package aeron

import (
	"fmt"
	"strings"
	"time"
)

// Profile is a choice of defaults for a purpose. docs/PROFILES.md says what each costs, and how to measure it.
type Profile int

// The profiles. The zero value is no profile.
const (
	// Balanced is the defaults that Config names.
	Balanced Profile = iota
	// LowLatency never lets a thread of the driver sleep: conductor, sender and receiver have a thread each, and the last two spin. It takes
	// two cores for itself, whether there is traffic or not. For a machine with cores to spare: pin the threads with
	// Driver.SenderCPUAffinity and its kin.
	LowLatency
	// Server is for a machine that does other work too, and for much traffic: conductor, sender and receiver have a thread each, which
	// back off when idle, up to 1 ms; a window that fills a fast network, as far as Linux allows without being tuned; room for
	// more streams.
	Server
	// Laptop costs next to nothing while there is no traffic: one thread, which sleeps up to 16 ms at a time once it has been
	// idle for a while, and a client that looks for answers every 16 ms. A message that ends a pause takes as long, and so does an
	// Add; under traffic it is as fast as Shared is.
	Laptop
)

var profiles = map[Profile]string{Balanced: "balanced", LowLatency: "low-latency", Server: "server", Laptop: "laptop"}

func (p Profile) known() bool { return profiles[p] != "" }

// String is the profile's name on the command line.
func (p Profile) String() string {
	if name := profiles[p]; name != "" {
		return name
	}
	return fmt.Sprintf("Profile(%d)", int(p))
}

func profileNames() string {
	var names []string
	for p := Balanced; p.known(); p++ {
		names = append(names, p.String())
	}
	return strings.Join(names, ", ")
}

// ParseProfile is the profile of a name: balanced, low-latency, server or laptop.
func ParseProfile(name string) (Profile, error) {
	for p, text := range profiles {
		if text == strings.ToLower(name) {
			return p, nil
		}
	}
	return 0, invalid("Profile", fmt.Sprintf("%q", name), "must be one of "+profileNames())
}

// withProfile fills in what the profile stands for, where nothing is set.
func (c Config) withProfile() Config {
	d := &c.Driver
	idle := func(strategy, args *string, name, values string) {
		if *strategy == "" && *args == "" {
			*strategy, *args = name, values
		}
	}
	if c.External {
		// The driver is not ours. Only the client is.
		if c.Profile == Laptop {
			c.ClientIdle = orDefault(c.ClientIdle, laptopSleep)
		}
		c.Profile = Balanced
		return c
	}
	threading := func(mode ThreadingMode) {
		if _, given := d.ThreadingMode.Get(); !given && !c.Invoker {
			c.Threading = orDefault(c.Threading, mode)
		}
	}
	switch c.Profile {
	case LowLatency:
		threading(Dedicated)
		idle(&d.SenderIdleStrategy, &d.SenderIdleStrategyInitArgs, "noop", "")
		idle(&d.ReceiverIdleStrategy, &d.ReceiverIdleStrategyInitArgs, "noop", "")
		idle(&d.SharedNetworkIdleStrategy, &d.SharedNetworkIdleStrategyInitArgs, "noop", "")
		idle(&d.SharedIdleStrategy, &d.SharedIdleStrategyInitArgs, "noop", "")
		idle(&d.ConductorIdleStrategy, &d.ConductorIdleStrategyInitArgs, "backoff", "10-20-1us-100us")
		c.ClientIdle = orDefault(c.ClientIdle, 100*time.Microsecond)
	case Server:
		threading(Dedicated)
		c.TermLength = orDefault(c.TermLength, 16*mib)
		c.InitialWindow = orDefault(c.InitialWindow, c.windowWithin(serverWindow))
		c.ReceiveBuffer = orDefault(c.ReceiveBuffer, max(serverWindow, c.InitialWindow))
		c.SendBuffer = orDefault(c.SendBuffer, max(serverWindow, c.MTU))
		c.CountersLength = orDefault(c.CountersLength, 8*mib)
		d.ReceiverIOVectorCapacity = orDefault(d.ReceiverIOVectorCapacity, 16)
		d.SenderIOVectorCapacity = orDefault(d.SenderIOVectorCapacity, 16)
		d.NetworkPublicationMaxMessagesPerSend = orDefault(d.NetworkPublicationMaxMessagesPerSend, min(16, d.SenderIOVectorCapacity))
		d.ResourceFreeLimit = orDefault(d.ResourceFreeLimit, 10)
	case Laptop:
		threading(Shared)
		for _, s := range []struct{ strategy, args *string }{
			{&d.SharedIdleStrategy, &d.SharedIdleStrategyInitArgs},
			{&d.SharedNetworkIdleStrategy, &d.SharedNetworkIdleStrategyInitArgs},
			{&d.ConductorIdleStrategy, &d.ConductorIdleStrategyInitArgs},
			{&d.SenderIdleStrategy, &d.SenderIdleStrategyInitArgs},
			{&d.ReceiverIdleStrategy, &d.ReceiverIdleStrategyInitArgs},
		} {
			idle(s.strategy, s.args, "backoff", fmt.Sprintf("10-20-1us-%dms", laptopSleep.Milliseconds()))
		}
		idle(&d.NativeResourceAgentIdleStrategy, &d.NativeResourceAgentIdleStrategyInitArgs, "sleep-ns", "16ms")
		c.ClientIdle = orDefault(c.ClientIdle, laptopSleep)
	case Balanced:
	}
	if c.Profile.known() {
		c.Profile = Balanced
	}
	return c
}

const (
	// laptopSleep is a compromise: sixty times a second is noticed neither on the battery nor at the keyboard.
	laptopSleep = 16 * time.Millisecond
	// serverWindow is what a receiver's socket holds on Linux as it comes: net.core.rmem_max is 208 KiB, and the kernel doubles it.
	serverWindow = 256 * kib
)
