namespace Cluster.Protocol;

/// <summary>What results take on the wire, about: cheap to compute, and never less than their payload.</summary>
public static class ResultSizes
{
    private const int Envelope = 32;

    /// <summary>The bytes of a result.</summary>
    public static int Of(Result result) => Envelope + result.ValueCase switch
    {
        Result.ValueOneofCase.None or Result.ValueOneofCase.Id or Result.ValueOneofCase.SemNumber
            or Result.ValueOneofCase.ShmWord or Result.ValueOneofCase.Got => Envelope,
        Result.ValueOneofCase.Message => Envelope + result.Message.Text.Length,
        Result.ValueOneofCase.MqueueMessage => Envelope + result.MqueueMessage.Text.Length,
        Result.ValueOneofCase.ShmBytes => Envelope + result.ShmBytes.Data.Length,
        _ => result.CalculateSize(),
    };

    /// <summary>The bytes of the results of a frame.</summary>
    public static int Of(ServerFrame frame)
    {
        var bytes = 0;
        foreach (var target in frame.Results)
        {
            bytes += Envelope;
            foreach (var result in target.Results) bytes += Of(result);
        }

        return bytes;
    }

    /// <summary>
    /// The most bytes that the result of a call can have, if it needs no other call before it and is kept nowhere: a
    /// call that reads. 0: the call may wait, or its result is kept by the object.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="msgmax">The largest message of the namespace.</param>
    public static int AtMost(Call call, long msgmax) => call.OpCase switch
    {
        Call.OpOneofCase.ShmRead => Envelope + Math.Clamp(call.ShmRead.Length, 0, Bounds.ExtentBytes),
        Call.OpOneofCase.Msgrcv when (call.Msgrcv.Flags & IpcFlags.MSG_COPY) != 0 =>
            Envelope + (int)Math.Clamp(call.Msgrcv.Size, 0, Math.Min(msgmax, Bounds.MessageBytes)),
        Call.OpOneofCase.Semquery when call.Semquery.Question >= SemQuestion.AllValues => SemaphoresBytes,
        Call.OpOneofCase.List or Call.OpOneofCase.NamespaceList or Call.OpOneofCase.ProcessList => ListingBytes,
        Call.OpOneofCase.ProcessStat => CredentialsBytes,
        Call.OpOneofCase.LimitsGet => PageBytes,
        _ => CallTraits.ReadsOnly(call) ? 2 * Envelope : 0,
    };

    // 65,536 semaphores, the most that SEMMSL allows, with 3 bytes each.
    private const int SemaphoresBytes = 192 * 1024;

    // Bounds.ListingPage entries, each with an id, a key and a name.
    private const int ListingBytes = 256 * 1024;

    // As many groups as a hello can have.
    private const int CredentialsBytes = Bounds.HelloBytes;

    private const int PageBytes = 4 * 1024;
}
