using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Shells;

/// <summary>
/// Publishes: a subscription is taken and answered, TouchEntities is news for all, RenewLease for the latest
/// subscriber. Each news follows from an event.
/// </summary>
internal sealed class NewsMachine() : Machine(new EntityKey { Kind = Kind.Namespace, Namespace = 9 })
{
    private ulong _latest;

    protected override void OnRequest(Request request, ulong token)
    {
        var news = new Reply { From = Key, Id = request.Id };
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.SubscribeLimits:
                Subscribe(_latest = token);
                break;
            case Request.BodyOneofCase.TouchEntities:
                Emit(new Event { LimitChanged = new LimitChanged() });
                Publish(news);
                break;
            case Request.BodyOneofCase.RenewLease:
                Emit(new Event { LimitChanged = new LimitChanged() });
                Push(_latest, news);
                break;
        }

        Answer(token, request, Errno.None);
    }

    protected override void Execute(Stamp stamp, Call call) => FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);

    protected override void ApplyFact(Event fact)
    {
    }

    protected override void SaveState(Snapshot snapshot)
    {
    }

    protected override void LoadState(Snapshot snapshot)
    {
    }
}
