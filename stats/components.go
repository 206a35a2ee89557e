package stats

// Archive is what the key of an archive's counter tells.
type Archive struct {
	// ID is the archive's.
	ID int64
	// ControlSessionID is of the counter of a control session, else 0.
	ControlSessionID int64
	// RecordingID, SessionID and Source are of the counter of a recording's position; else -1, 0 and empty.
	RecordingID int64
	SessionID   int32
	Source      string
}

// Cluster is what the key of a cluster's counter tells.
type Cluster struct {
	// ID is the cluster's.
	ID int32
	// ServiceID is of the counter of a clustered service, else -1.
	ServiceID int32
	// SessionID is of the counter of a client's session, else 0.
	SessionID int64
	// LeadershipTermID, LogPosition, in bytes, and Services are of the counter of a recovery, else 0.
	LeadershipTermID, LogPosition int64
	Services                      int32
}

// Types of counters of archives and clusters whose keys are of their own; the others of a range begin with the id.
const (
	typeRecordingPosition int32 = 100
	typeControlSession    int32 = 113
	lastArchiveType             = typeControlSession // behind it come those of archives' clients
	typeClusterFirst      int32 = 200
	typeRecoveryState     int32 = 204
	typeClusterSession    int32 = 241
)

// Where in their keys: RecordingPos, ControlSessionCounter, ClusterCounters, ClusterSession and RecoveryState, all of Java's.
const (
	archiveIDOffset         = 0
	controlSessionIDOffset  = 8
	recordingIDOffset       = 0
	recordingSessionOffset  = 8
	recordingSourceOffset   = 12
	clusterIDOffset         = 0
	clusterServiceOffset    = 4
	clusterSessionOffset    = 4
	recoveryTermOffset      = 0
	recoveryPositionOffset  = 8
	recoveryClusterIDOffset = 24
	recoveryServicesOffset  = 28
)

// clusterServiceTypes are the counters of clustered services: a service's id stands behind the cluster's.
var clusterServiceTypes = map[int32]bool{215: true, 218: true, 219: true, 236: true, 237: true}

// Archive decodes the key of a counter that an archive has made. ok is false for counters of other types, and for a key that cannot be.
func (c Counter) Archive() (archive Archive, ok bool) {
	if c.TypeID < typeRecordingPosition || c.TypeID > lastArchiveType {
		return Archive{}, false
	}
	archive = Archive{ID: keyInt64(&c, archiveIDOffset), RecordingID: -1}
	switch c.TypeID {
	case typeControlSession:
		archive.ControlSessionID = keyInt64(&c, controlSessionIDOffset)
	case typeRecordingPosition:
		// The archive's id stands behind the text, wherever that ends.
		idOffset := recordingSourceOffset + 4 + int64(keyInt32(&c, recordingSourceOffset))
		if idOffset < recordingSourceOffset+4 || idOffset+8 > int64(len(c.Key)) {
			return Archive{}, false
		}
		archive = Archive{
			ID:          keyInt64(&c, int(idOffset)),
			RecordingID: keyInt64(&c, recordingIDOffset),
			SessionID:   keyInt32(&c, recordingSessionOffset),
			Source:      keyText(&c, recordingSourceOffset),
		}
	}
	return archive, true
}

// Cluster decodes the key of a counter that a cluster's node, service or backup has made. ok is false for counters of other types.
func (c Counter) Cluster() (cluster Cluster, ok bool) {
	if _, known := typeNames[c.TypeID]; !known || c.TypeID < typeClusterFirst || c.TypeID > typeClusterSession {
		return Cluster{}, false
	}
	cluster = Cluster{ID: keyInt32(&c, clusterIDOffset), ServiceID: -1}
	switch {
	case c.TypeID == typeRecoveryState:
		cluster.ID = keyInt32(&c, recoveryClusterIDOffset)
		cluster.LeadershipTermID = keyInt64(&c, recoveryTermOffset)
		cluster.LogPosition = keyInt64(&c, recoveryPositionOffset)
		cluster.Services = keyInt32(&c, recoveryServicesOffset)
	case c.TypeID == typeClusterSession:
		cluster.SessionID = keyInt64(&c, clusterSessionOffset)
	case clusterServiceTypes[c.TypeID]:
		cluster.ServiceID = keyInt32(&c, clusterServiceOffset)
	}
	return cluster, true
}
