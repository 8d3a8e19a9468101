using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// The receiver of what a machine says. Everything except <see cref="Append"/> leaves the node only after the events
/// that were appended before it are in the journal.
/// </summary>
public interface IOutputs
{
    /// <summary>Takes an event that was just applied.</summary>
    void Append(Event fact);

    /// <summary>Takes the result of a call, for the session that the process has at the moment of delivery.</summary>
    void Release(int pid, Result result);

    /// <summary>Takes the answer to the request that came with the token.</summary>
    void Answer(ulong token, Reply reply);

    /// <summary>Makes the asker with the token a subscriber, as long as both live.</summary>
    void Subscribe(ulong token);

    /// <summary>Makes the asker whose latest subscription came with the token no subscriber.</summary>
    void Unsubscribe(ulong token);

    /// <summary>Takes news for all subscribers.</summary>
    void Publish(Reply news);

    /// <summary>
    /// Takes news for one subscriber, whose latest subscription came with the token. The news is lost if the subscriber
    /// is gone.
    /// </summary>
    void Push(ulong token, Reply news);

    /// <summary>Takes a request to another entity. The machine repeats it until it is answered.</summary>
    void Send(Request request);
}
