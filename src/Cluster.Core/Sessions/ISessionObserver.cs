using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Core.Sessions;

/// <summary>Looks on while a session passes calls and results: metrics and spans. It decides nothing.</summary>
public interface ISessionObserver
{
    /// <summary>Calls are about to be passed on. The observer may replace one by a copy that carries a trace.</summary>
    /// <returns>The time by the observer's own clock: it comes back with the result.</returns>
    long Passing(Target target, RepeatedField<Call> calls, bool resent);

    /// <summary>Results of one target follow.</summary>
    void BeginResults(Target from, int count);

    /// <summary>A call has its result.</summary>
    /// <param name="result">The result.</param>
    /// <param name="sent">The call; null: the session did not pass it on, or has had a result of it.</param>
    void Completed(Result result, SentCall? sent);

    /// <summary>Those were all.</summary>
    void EndResults();
}
