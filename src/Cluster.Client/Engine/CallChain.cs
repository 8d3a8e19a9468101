namespace Cluster.Client.Engine;

/// <summary>
/// Calls in order, linked through <see cref="EngineCall.NextOfAll"/>: any can be taken out in constant time.
/// </summary>
internal struct CallChain
{
    public EngineCall? First { get; private set; }

    private EngineCall? _last;

    public void Append(EngineCall call)
    {
        call.PreviousOfAll = _last;
        call.NextOfAll = null;
        if (_last is null)
            First = call;
        else
            _last.NextOfAll = call;
        _last = call;
    }

    public void Remove(EngineCall call)
    {
        if (call.PreviousOfAll is null)
            First = call.NextOfAll;
        else
            call.PreviousOfAll.NextOfAll = call.NextOfAll;
        if (call.NextOfAll is null)
            _last = call.PreviousOfAll;
        else
            call.NextOfAll.PreviousOfAll = call.PreviousOfAll;
        call.NextOfAll = null;
        call.PreviousOfAll = null;
    }
}
