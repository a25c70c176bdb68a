namespace Pagewise.Reports.Run;

/// <summary>The recording and how it went.</summary>
public sealed record RecordingFacts
{
    /// <summary>The file as the user named it.</summary>
    public required string File { get; init; }

    /// <summary>strace, lackey, heap or pgw.</summary>
    public required string Format { get; init; }

    /// <summary>Whether it holds calls of the malloc family, played on the modelled allocator.</summary>
    public bool IsHeap { get; init; }

    /// <summary>Events replayed: calls, notes, touches and stretches of accesses.</summary>
    public long Events { get; init; }

    /// <summary>Accesses recorded and replayed.</summary>
    public long Accesses { get; init; }

    /// <summary>Accesses that the recording does not have and <c>--touch</c> assumed.</summary>
    public long AssumedAccesses { get; init; }

    /// <summary>"recorded" where the recording has accesses, else the assumption: none, write or all.</summary>
    public required string Touch { get; init; }

    /// <summary>Recorded results compared with the model's; addresses only where they must be equal.</summary>
    public long ResultsCompared { get; init; }

    /// <summary>Results that came out otherwise than recorded.</summary>
    public long ResultsDifferent { get; init; }

    /// <summary>Accesses that got a signal which the recording does not show.</summary>
    public long UnexpectedSignals { get; init; }

    /// <summary>Calls passed over because the recording lacks the program that made them.</summary>
    public long CallsPassedOver { get; init; }

    /// <summary>What could not be replayed as recorded.</summary>
    public IReadOnlyList<CountedName> Warnings { get; init; } = [];

    /// <summary>Calls that Pagewise does not know.</summary>
    public IReadOnlyList<CountedName> UnknownCalls { get; init; } = [];
}
