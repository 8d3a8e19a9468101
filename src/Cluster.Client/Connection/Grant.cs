namespace Cluster.Client.Connection;

/// <summary>What came of a call that takes something which is given back later.</summary>
/// <param name="Taken">Whether it was taken; if not, the call ended with the errno that is an answer.</param>
/// <param name="Revision">The object's count of events when it was.</param>
/// <param name="Pid">The process that took it.</param>
/// <param name="Next">The call of this process that gets it next; 0: it is given back to the object.</param>
internal readonly record struct Grant(bool Taken, ulong Revision, int Pid, ulong Next);
