using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.AddressSpaces;

/// <summary>Where ASLR's random bits come from: a SplitMix64 sequence from the machine's seed, kept with the machine's state.</summary>
/// <param name="spaces">Holds the sequence's state.</param>
public sealed class Aslr(AddressSpaceArenas spaces)
{
    /// <summary>Starts the sequence.</summary>
    public void Seed(ulong seed) => spaces.RandomState = seed;

    /// <summary>64 random bits (get_random_long).</summary>
    public ulong Next()
    {
        ulong state = spaces.RandomState;
        ulong bits = SplitMix64.Next(ref state);
        spaces.RandomState = state;
        return bits;
    }

    /// <summary>A random number below a bound (get_random_u32_below).</summary>
    public ulong Below(ulong bound) => Next() % bound;

    /// <summary>A random page in [start, start + range) (randomize_page).</summary>
    public ulong Page(ulong start, ulong range)
    {
        ulong aligned = (start + 4095) & ~4095UL;
        range -= Math.Min(range, aligned - start);
        if (aligned > ulong.MaxValue - range)
            range = ulong.MaxValue - aligned;
        range >>= 12;
        return range == 0 ? aligned : aligned + (Below(range) << 12);
    }
}
