using System.Diagnostics;
using Cluster.Protocol;

namespace Cluster.Actors.Metrics;

/// <summary>A call that a session has passed on.</summary>
/// <param name="At">When, by the clock of <see cref="Stopwatch"/>.</param>
/// <param name="Operation">The number of its operation in <see cref="Call"/>.</param>
internal readonly record struct SentCall(long At, int Operation);
