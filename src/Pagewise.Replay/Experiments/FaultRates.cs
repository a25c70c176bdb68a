using System.Globalization;

namespace Pagewise.Replay.Experiments;

/// <summary>The faults of every access of an experiment beside those that the model took, in the order of the accesses.</summary>
internal sealed class FaultRates
{
    /// <summary>The letter of an access that the model did not make.</summary>
    public const char Lacking = ' ';

    /// <summary>How many of the accesses have to be as recorded where pages are touched in a cycle, %.</summary>
    public const double LeastAgreement = 98;

    private readonly FaultCurve _minor = new("minor");
    private readonly FaultCurve _major = new("major");
    private long _accesses;
    private long _same;

    /// <summary>The rates of minor faults (an access with several is one) and of major ones.</summary>
    public IReadOnlyList<FaultCurve> Curves => [_minor, _major];

    /// <summary>Whether enough accesses have the recorded letter.</summary>
    public bool Agrees => _same * 100.0 >= LeastAgreement * _accesses;

    /// <summary>How many accesses have the recorded letter: <c>99.1 % of 43,008 accesses</c>. Not rounded up.</summary>
    public string Agreement =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(_same * 1000.0 / Math.Max(1, _accesses)) / 10:0.0} % of {_accesses:N0} accesses");

    /// <summary>Adds the next access.</summary>
    /// <param name="recorded">The letter recorded, as faults.rle has them.</param>
    /// <param name="model">The model's, or <see cref="Lacking"/>.</param>
    public void Add(char recorded, char model)
    {
        _accesses++;
        if (recorded == model)
            _same++;
        _minor.Add(IsMinor(recorded), IsMinor(model));
        _major.Add(recorded == 'M', model == 'M');
    }

    private static bool IsMinor(char letter) => letter == 'm' || char.IsAsciiDigit(letter);
}
