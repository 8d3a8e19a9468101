using Akka.Actor;

namespace Cluster.Actors.Journal.Write;

/// <summary>The records are not known to be stored.</summary>
/// <param name="Write">The write.</param>
/// <param name="Cause">Why.</param>
internal sealed record RecordWriteFailed(RecordWrite Write, Exception Cause) : INoSerializationVerificationNeeded;
