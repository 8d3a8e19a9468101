namespace Cluster.Core.Sessions;

/// <summary>A call that a session has passed on.</summary>
/// <param name="At">When: what <see cref="ISessionObserver.Passing"/> returned.</param>
/// <param name="Operation">The number of its operation: <see cref="Protocol.CallOperation.Number"/>.</param>
public readonly record struct SentCall(long At, int Operation);
