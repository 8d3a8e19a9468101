using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// What a machine says. Everything but <see cref="Append"/> leaves the node only once the events appended before it
/// are in the journal.
/// </summary>
public interface IOutputs
{
    /// <summary>An event that has just been applied.</summary>
    void Append(Event fact);

    /// <summary>The result of a call, for whatever session the process has now.</summary>
    void Release(int pid, Result result);

    /// <summary>The answer to the request that came with this token.</summary>
    void Answer(ulong token, Reply reply);

    /// <summary>The asker with this token wants to be told what is published, as long as both live.</summary>
    void Subscribe(ulong token);

    /// <summary>News for all subscribers.</summary>
    void Publish(Reply news);

    /// <summary>
    /// News for one subscriber: the one whose latest subscription came with this token. It is lost if that subscriber
    /// is gone.
    /// </summary>
    void Push(ulong token, Reply news);

    /// <summary>A request to another entity. The machine repeats it until it is answered.</summary>
    void Send(Request request);
}
