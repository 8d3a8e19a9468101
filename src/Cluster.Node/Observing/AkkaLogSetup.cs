using Akka.Actor.Setup;

namespace Cluster.Node.Observing;

/// <summary>The parameters of <see cref="AkkaLog"/>, which Akka creates itself.</summary>
/// <param name="events">The log for the product's events.</param>
/// <param name="all">The log for Akka's own messages; null: they are dropped.</param>
/// <param name="time">The clock.</param>
internal sealed class AkkaLogSetup(ILogger events, ILogger? all, TimeProvider time) : Setup
{
    public ILogger Events { get; } = events;

    public ILogger? All { get; } = all;

    public TimeProvider Time { get; } = time;
}
