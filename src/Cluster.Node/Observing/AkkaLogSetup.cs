using Akka.Actor.Setup;

namespace Cluster.Node.Observing;

/// <summary>What <see cref="AkkaLog"/> needs, which Akka makes by itself.</summary>
/// <param name="events">Where the product's events go.</param>
/// <param name="all">Where all goes that Akka says; null: nowhere.</param>
/// <param name="time">The clock.</param>
internal sealed class AkkaLogSetup(ILogger events, ILogger? all, TimeProvider time) : Setup
{
    public ILogger Events { get; } = events;

    public ILogger? All { get; } = all;

    public TimeProvider Time { get; } = time;
}
