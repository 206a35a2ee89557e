package main

// promise is one thing that users may rely on, and the tests that hold it.
type promise struct {
	text  string
	tests []string // directory.TestName
}

type chapter struct {
	title    string
	promises []promise
}

// chapters are the page, in this order. A new promise is a line here, next to its like.
var chapters = []chapter{
	{"With everybody else", []promise{
		{
			"What is sent, of every size by both kinds of publication, arrives once, in order and unchanged, between clients in Go (this module), C, Java and aeron-go, through our driver, C's and Java's, over IPC, UDP on IPv4 and IPv6, multicast, MDC dynamic and manual, MDS, spies and responses, asking and answering",
			[]string{"test/interop.TestMatrix"},
		},
		{"The longest message, 16 MiB, is received by everybody from everybody, over every transport, by both kinds of publication and in every way that takes it; at full length through any two drivers", []string{"test/interop.TestMaximum"}},
		{"Aeron's own Java system tests pass against the driver embedded in a Go process: everyday ones", []string{"test/official.TestAeronSystemTests_regular"}},
		{"… those that take long", []string{"test/official.TestAeronSystemTests_slow"}},
		{"… those for authors of other clients", []string{"test/official.TestAeronSystemTests_bindings"}},
		{"… those on a disk that is nearly full", []string{"test/official.TestAeronSystemTests_space"}},
		{"aeron-go's own tests pass against it too", []string{"test/official.TestAeronGoSystemTests"}},
		{"The protocol's constants are those that an independent client has", []string{"aeronc.TestProtocol_agreesWithAnIndependentClient"}},
		{"A client of Java's driver survives every event that it does not know, and every one of things that it does not have", []string{"test/interop.TestUnknownEvents_ofJavasDriver"}},
		{"Java's AeronStat, ErrorStat, LossStat and BacklogStat read of our directory what package stats reads", []string{"test/interop.TestJavaTools_agreeWithStats"}},
		{"What package stats tells is what upstream's tools print", []string{"test/stats.TestAll_isWhatUpstreamsToolsPrint"}},
		{
			"Aeron's samples as they are shipped, C's cping, cpong, basic_publisher and basic_subscriber and Java's Ping, Pong, BasicPublisher and BasicSubscriber, speak with this module and with aerongo ping and pong",
			[]string{"test/interop.TestSamples"},
		},
	}},
	{"For long", []promise{
		{
			"A hundred streams over shared memory and over UDP with a tenth of the data dropped lose and double nothing, while streams, clients and drivers come and go, and nothing grows: memory, threads, descriptors, mappings, files",
			[]string{"test/soak.TestSoak"},
		},
		{"What the frame guard lets through it lets through again", []string{"aeronc.TestFrameGuard_takesTheLastFrameAgain"}},
	}},
	{"Messages", []promise{
		{"Every length up to the longest arrives as it was sent", []string{"aeronc.TestOffer_everyLengthArrivesAsItWasSent", "..TestReceive_everySizeInEveryWay"}},
		{"Nothing on the path of a message allocates", []string{"..TestDataPath_doesNotAllocate", "..TestDataPath_everyOtherWayDoesNotAllocate", "aeronc.TestPublication_doesNotAllocate"}},
		{"A walk of the log in Go sees what C's own poll sees", []string{"aeronc.TestPoll_seesWhatCsPollSees"}},
		{"What Go writes is byte for byte what C writes, and what Go reads of it what C reads, by every kind of poll and assembler, whatever a script of appends, claims, polls and answers says", []string{"aeronc.TestReference_randomScripts", "aeronc.FuzzReference"}},
		{"Go and C append to one and the same state", []string{"aeronc.TestExclusiveOffer_goAndCShareOneState"}},
		{"What comes out of an assembler is what a look back over all fragments finds, whatever their flags and gaps, and whatever the handler answers", []string{"aeronc.FuzzAssembler", "aeronc.TestAssembly_isCs"}},
		{"A frame that cannot be is refused, and ends its image only", []string{"aeronc.TestPoll_refusesFramesThatCannotBe"}},
		{"A sender that is ahead of its receivers waits, and loses nothing", []string{"..TestPublish_waitsThroughBackPressure", "..TestSend_throughBackPressure"}},
		{"A panic in a handler consumes exactly what came before it", []string{"aeronc.TestPoll_aPanicConsumesWhatCameBefore", "..TestReceive_aPanicConsumesWhatCameBefore"}},
	}},
	{"Lifecycles", []promise{
		{"Close is safe from everywhere, at any time, and often", []string{"..TestClose_concurrently", "aeronc.TestClose_whileOthersPoll", "aeronc.TestClose_whileOthersSend", "..TestClose_insideAHandler", "aeronc.TestClose_waitsForQuestionsAboutTheObject"}},
		{"Two that write an exclusive publication take turns, also when one gets another stack and the other runs where it was", []string{"aeronc.TestGate_anOwnerIsAloneWhileItLosesTheGate", "aeronc.TestGate_whatRunsWhereTheOwnerWasIsNotLetIn"}},
		{"A claim stays valid memory whatever is closed", []string{"aeronc.TestClose_withClaimsOpenSaysSoAndKeepsTheirMemory", "aeronc.TestClientClose_withClaimsOpenLeavesTheirMemoryToTheProcess"}},
		{"A driver that is lost closes what hung on it, says why, and Start begins anew", []string{"..TestLostDriver_closesEverythingAndStartBeginsAnew", "aeronc.TestClient_thatLosesItsDriverSaysWhyAndStaysSafe"}},
		{"An add that is given up leaves nothing behind", []string{"aeronc.TestAdd_isGivenUpWithItsContext"}},
		{"A handler that blocks does not cost the client its life", []string{"aeronc.TestClient_survivesAHandlerThatBlocks"}},
		{
			"Destinations of a subscription come and go: every peer is answered, and none that is gone is used, by a driver with the guard and without it",
			[]string{
				"aeronc.TestReceiveDestination_everyPeerIsAnswered", "aeronc.TestReceiveDestination_withAControlAddress",
				"aeronc.TestReceiveDestination_removedWhileAnImageIsMade", "aeronc.TestReceiveDestination_equalOnes",
				"aeronc.TestReceiveDestination_whoseControlAddressCannotBeSentTo", "aeronc.TestReceiveDestination_ofARejectedImage",
			},
		},
		{"Many drivers live in one process", []string{"test/scenarios.TestFortyDrivers", "test/scenarios.TestEightyDriversInParallel", "test/scenarios.TestCycles"}},
	}},
	{"Directories", []promise{
		{"Nobody's files are deleted, and no living driver's directory is touched", []string{"..TestStart_refusesADirectoryWithSomebodysFiles", "aeronc.TestStartDriver_refusesALivingDriversDirectory", "internal/mediadir.TestRemoveDead_removesTheDirectoryAndNothingElse", "internal/mediadir.TestRemoveDead_followsNoLink"}},
		{"The default place is private, whatever the umask", []string{"internal/mediadir.TestDefaultParent_isPrivateWhateverTheUmask", "internal/mediadir.TestDefaultParent_refusesWhatSomebodyElsePutThere"}},
		{"A failed start leaves nothing, and what a dead driver left is taken over", []string{"aeronc.TestStartDriver_failingLeavesNothing", "aeronc.TestStartDriver_takesOverFromADeadDriver"}},
		{"A truncated or damaged file of a driver gives values or a typed error", []string{"stats.TestTruncatedCnC_atEveryLength", "stats.TestTruncatedLossReport_atEveryLength", "stats.TestTruncatedLog_atEveryLength", "stats.TestMutatedFiles_giveValuesOrTypedErrors", "stats.TestMutatedReports_giveEntriesOrTypedErrors", "stats.TestMutatedLog_givesANumberOrATypedError", "stats.TestExplain_ofMutatedFiles"}},
	}},
	{"Hostile traffic", []promise{
		{"No datagram that is known to end a process with plain Aeron ends ours, each tried with the guard and without", []string{"aeronc.TestFrameGuard"}},
		{"Streams go on, whole, while frames made up at random, a quarter of them cut off, come to every port", []string{"test/faults.TestHostileFrames"}},
		{"… and while what went either way, data and what answers it, is replayed, whole and cut off", []string{"test/faults.TestReplayedFrames"}},
		{"Floods of sessions that nobody has heard of take little memory", []string{"test/faults.TestFlood/setup", "test/faults.TestFlood/data"}},
		{"… and SETUPs of terms for which there is no room", []string{"test/faults.TestHugeSetup"}},
		{"… and so do floods of receivers, and of requests for retransmission", []string{"test/faults.TestFlood/status", "test/faults.TestFlood/nak"}},
		{"… and so do receivers that are made up and reject a stream, again and again; a client that stands still meanwhile does not lose the driver", []string{"test/faults.TestFlood/err"}},
		{"Sessions are heard of at one port while another is flooded", []string{"test/faults.TestFlood_atAnotherPort"}},
		{"Names that are made up do not stop a driver that is told of them, and are forgotten", []string{"aeronc.TestFrameGuard_boundsTheNamesOfDrivers", "aeronc.TestFrameGuard_takesNewNamesForThoseThatAreForgotten", "aeronc.TestFrameGuard_forgetsNamesOfTheFuture", "aeronc.TestFrameGuard_keepsOutNamesThatDoNotFitTheMTU"}},
	}},
	{"Processes that die or freeze", []promise{
		{"A driver that is killed under ten busy publications and subscriptions, an Add and an open claim: everybody has a typed error after the driver timeout (4 s in the test, 10 s by default); a new driver works then in the same directory, and at once in another", []string{"test/faults.TestDriverGone/Killed"}},
		{"… one that is frozen past its timeout", []string{"test/faults.TestDriverGone/StoppedPastItsTimeout"}},
		{"… one that is closed, or asked to end", []string{"test/faults.TestDriverGone/Closed", "test/faults.TestDriverGone/AskedToEnd"}},
		{"… one that is killed, closed or asked to end while messages of ten streams flow that nothing held up", []string{"test/faults.TestDriverGone_whileMessagesFlow/Killed", "test/faults.TestDriverGone_whileMessagesFlow/Closed", "test/faults.TestDriverGone_whileMessagesFlow/AskedToEnd"}},
		{"A driver that was frozen past its timeout while messages flowed serves whoever comes after it goes on; if another one has its directory by then, that one keeps it, with the logs of its streams, which go on", []string{"test/faults.TestDriverResumed"}},
		{"Close returns when the driver is killed, frozen, closed or asked to end while it runs", []string{"test/faults.TestDriverKilledWhileClosing"}},
		{"A new driver takes a killed one's directory over under its publications and subscriptions while messages flow, an open claim and Adds: these have their typed errors, and whoever connects anew finds the new one", []string{"test/faults.TestDriverRestart_inTheSameDirectory"}},
		{"A process that was frozen past its liveness has one typed error, and connects anew; for a moment: nothing", []string{"test/faults.TestClientFrozen"}},
		{"A handler that blocks, panics, exits, closes or polls harms nobody", []string{"test/faults.TestHandler"}},
		{"Go that leaves no processor and collects garbage all the time does not lose the client", []string{"test/faults.TestClient_besideBusyGo"}},
		{"A client whose conductor gets no processor for longer than it may be silent, or is not stepped, has one typed error, and a new one works", []string{"test/faults.TestConductorStarved"}},
		{"Adds that are given up half way, of every kind, and openings and closings, leave nothing", []string{"test/faults.TestAddsCancelled", "test/faults.TestOpenClose"}},
		{"A name server that does not answer costs the Add its time and nobody the client: streams go on, with Shared threading after the lookup, and Close returns", []string{"test/faults.TestNameServerSilent"}},
		{"Counters that run out are a typed error, and no more", []string{"test/faults.TestCountersExhausted"}},
		{"Every public method returns while somebody else closes: a hundred goroutines, also under the race detector and AddressSanitizer", []string{"..TestEveryMethod_againstClose"}},
		{"Signals at C's threads and Go's, a collector that never rests and a loop that never yields disturb no stream", []string{"test/faults.TestSignals"}},
		{"Children that are started while messages flow disturb no stream and hold no socket, and the port is free after Close", []string{"test/faults.TestForkExec"}},
	}},
	{"Storage", []promise{
		{"No room for a driver, or for a publication, is a typed error; what is there goes on", []string{"test/faults.TestStorageFullAtStart", "test/faults.TestStorageFullAtAdd"}},
		{"/dev/shm that fills under a writer kills nobody, unless sparse terms were asked for: then whoever writes to the log, which is the publisher's process and not the driver's", []string{"test/faults.TestStorageFullMidStream"}},
		{"… and likewise under what is received over UDP: there it is the driver that writes, and with sparse terms dies", []string{"test/faults.TestStorageFullMidStream_received"}},
		{"A directory that is taken away, or replaced by a link, kills nobody, and nothing behind the link is touched", []string{"test/faults.TestDirectoryTakenAway"}},
		{"A directory that may not be written to is a typed error of Start and of Add, which names the path and what to do; what is there goes on", []string{"test/faults.TestDirectoryReadOnly"}},
		{"A cnc.dat that is cut off anywhere hangs no client and kills no driver", []string{"test/faults.TestTruncatedCnC"}},
		{"… nor one in which bytes are flipped, 10,000 times over, or one of another version", []string{"test/faults.TestFlippedCnC", "test/faults.TestCnCOfAnotherVersion"}},
		{"A dead driver's loss report and logs, cut off or with bytes flipped, are no obstacle for one that starts", []string{"test/faults.TestDamagedFiles_ofADeadDriver"}},
		{"A log that is cut off, or whose metadata has bytes flipped, before a client maps it is a typed error or does no harm", []string{"test/faults.TestDamagedLog_thatAClientMaps"}},
		{"… also one of an exclusive publication, and over UDP of a publication and of an image", []string{"test/faults.TestDamagedLog_ofEveryKind"}},
		{"Bytes of a log that are flipped while a client reads and writes it, in its metadata and in the headers of frames: every call returns, with data, nothing or a typed error", []string{"test/faults.TestFlippedLog_underARunningClient"}},
	}},
	{"Networks that lose", []promise{
		{
			"Every byte arrives once and in order while the driver's own debug configuration drops 10 and 20 % of data and of control at both ends, both ways, and each alone; short sends, the loss report and the counters of control show it",
			[]string{"test/faults.TestDebugLoss/BothWays10", "test/faults.TestDebugLoss/BothWays20", "test/faults.TestDebugLoss/SendData", "test/faults.TestDebugLoss/SendControl", "test/faults.TestDebugLoss/ReceiveData", "test/faults.TestDebugLoss/ReceiveControl"},
		},
		{"Every byte arrives once and in order while Aeron's own interceptor drops 1, 10, 20 and 50 % of what comes in, and the loss report and the counters tell exactly that", []string{"test/faults.TestIncomingLoss/1", "test/faults.TestIncomingLoss/10", "test/faults.TestIncomingLoss/20", "test/faults.TestIncomingLoss/50"}},
		{"… and while a network loses 10 and 50 %", []string{"test/faults.TestNetwork/Loss10", "test/faults.TestNetwork/Loss50"}},
		{"… through loss both ways, duplicates of data and of what asks for it, reordering, delay, and all at once", []string{"test/faults.TestNetwork/LossBothWays30", "test/faults.TestNetwork/Duplicates", "test/faults.TestNetwork/LossAndDuplicates", "test/faults.TestNetwork/Reordering", "test/faults.TestNetwork/Delay", "test/faults.TestNetwork/Storm"}},
		{"An unreliable stream never waits: whole and in order there arrives every message of which no frame was lost, and no other, and the loss report has every byte that was", []string{"test/faults.TestNetwork_unreliable"}},
		{"A partition is survived when it is short, noticed when it is long, and over when it heals", []string{"test/faults.TestPartition/Short", "test/faults.TestPartition/Long"}},
	}},
	{"Isolation", []promise{
		{"The environment cannot reconfigure an embedded driver", []string{"aeronc.TestDriverContext_ignoresTheEnvironmentUnlessAsked", "..TestConfig_takesTheEnvironmentOnlyWhenAsked"}},
		{"Child processes inherit no socket", []string{"aeronc.TestDriver_socketsAreNotInherited"}},
		{"Text from other processes is escaped in errors", []string{"aeronc.TestError_escapesWhatComesFromElsewhere"}},
	}},
}
