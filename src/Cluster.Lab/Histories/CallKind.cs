namespace Cluster.Lab.Histories;

/// <summary>Which call an <see cref="Operation"/> is.</summary>
public enum CallKind
{
    /// <summary>msgsnd(2): Type, Text.</summary>
    Send = 1,

    /// <summary>msgrcv(2): Selector; Ok: Type, Text.</summary>
    Receive = 2,

    /// <summary>semop(2): Semops.</summary>
    Semop = 3,

    /// <summary>semctl(SETALL): Values. The first call on a set, which gives it its initial values.</summary>
    SetValues = 4,

    /// <summary>semctl(GETALL); Ok: Values.</summary>
    GetValues = 5,

    /// <summary>Reads the word; Ok: Result.</summary>
    Load = 6,

    /// <summary>Sets the word to Value; Ok: Result is the value before.</summary>
    Exchange = 7,

    /// <summary>Sets the word to Value if it is Expected; Ok: Result is the value before.</summary>
    CompareExchange = 8,

    /// <summary>Adds Value; Ok: Result is the value before.</summary>
    FetchAdd = 9,

    /// <summary>Sets the word to (word AND Value); Ok: Result is the value before.</summary>
    FetchAnd = 10,

    /// <summary>Sets the word to (word OR Value); Ok: Result is the value before.</summary>
    FetchOr = 11,

    /// <summary>Sets the word to (word XOR Value); Ok: Result is the value before.</summary>
    FetchXor = 12,

    /// <summary>The process ends, which undoes its SEM_UNDO operations. It has no object.</summary>
    Exit = 13,

    /// <summary>write(2) of numbered records of 8 bytes: Value is the first, Expected how many; Ok: Result is how many have
    /// entered.</summary>
    StreamWrite = 14,

    /// <summary>read(2); Ok: Text names the records, as FIRST+COUNT, several with spaces between them.</summary>
    StreamRead = 15,
}
